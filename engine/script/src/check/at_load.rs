//! Which functions of a file may already run while it is loaded (载入时运行).
//!
//! What such a function leaves in its locals for a function inside it lives as
//! long as the file: every case would find what the one before it left.

use std::collections::BTreeSet;

use super::model::Script;
use super::tree::{self, Chain, Entry, Expr, Kind, Link, Stmt};

/// The file-level functions that the file's own text calls or hands on.
///
/// A function that is named where a handler stands (`enter = first`) only
/// waits there to be called for a case.
pub(crate) fn run_at_load<'t>(script: &Script<'t>) -> BTreeSet<&'t str> {
    let mut open = Vec::new();
    script.block.stmts.iter().for_each(|stmt| used_by(script, stmt, &mut open));
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        let Some((name, function)) = script.functions.get_key_value(name) else {
            continue;
        };
        if found.insert(*name) {
            let see = &mut |it: &'t Expr| open.extend(head(it));
            tree::each_expr(&function.body, see);
        }
    }
    found
}

/// The names that a statement of the file uses when it runs.
fn used_by<'t>(script: &Script<'t>, stmt: &'t Stmt, names: &mut Vec<&'t str>) {
    match stmt {
        // Their bodies run when they are called.
        Stmt::LocalFunction { .. } | Stmt::Function { .. } => return,
        Stmt::Call(expr) if declares(expr) => {
            let links = expr.chain().map_or(&[][..], |it| &it.links);
            for link in links {
                let Link::Call(args) = link else { continue };
                for arg in args {
                    declared(script, arg, names);
                }
            }
        }
        Stmt::Local { values, .. } => {
            let values = values.iter().filter(|it| !is_function(it));
            values.for_each(|it| used_in(it, names));
        }
        other => tree::exprs_of(other).into_iter().for_each(|it| used_in(it, names)),
    }
    for block in tree::blocks_of(stmt) {
        block.stmts.iter().for_each(|stmt| used_by(script, stmt, names));
    }
}

/// The names in what is declared, but for the handlers.
fn declared<'t>(script: &Script<'t>, value: &'t Expr, names: &mut Vec<&'t str>) {
    match value.entries() {
        _ if script.function(value).is_some() => {}
        None => used_in(value, names),
        Some(entries) => {
            for Entry { computed, value, .. } in entries {
                if let Some(key) = computed {
                    used_in(key, names);
                }
                declared(script, value, names);
            }
        }
    }
}

fn used_in<'t>(expr: &'t Expr, names: &mut Vec<&'t str>) {
    tree::each_inner(expr, &mut |it| names.extend(head(it)));
}

fn head(expr: &Expr) -> Option<&str> {
    expr.chain().and_then(Chain::name)
}

fn declares(expr: &Expr) -> bool {
    matches!(head(expr), Some("workflow" | "stage" | "always"))
}

fn is_function(expr: &Expr) -> bool {
    matches!(expr.kind, Kind::Function(_))
}
