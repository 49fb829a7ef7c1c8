//! Goes through a script word by word (逐词检查): names, fields, assignments.

use std::collections::{BTreeMap, BTreeSet};

use domain::event::EventSpec;
use domain::say::Say;

use super::at_load::run_at_load;
use super::codes;
use super::flow;
use super::globals::{self, Want};
use super::model::{Model, Script};
use super::operands::{are_alike, counts_yuan, is_comparison};
use super::report::{Change, Report};
use super::tables::bound;
use super::tree::{
    self, Block, Chain, Entry, Expr, Function, Head, Kind, Link, Pos, Stmt, Word,
};
use super::types::{self, Type};

/// Checks the words of one script; returns the settings it reads, or `None`
/// when it reads them under computed names.
pub(crate) fn walk(
    model: &Model<'_>,
    script: &Script<'_>,
    report: &mut Report,
) -> Option<BTreeSet<String>> {
    let at_load = run_at_load(script);
    let mut asked = Asked::new();
    // What a helper is asked with may come from another helper.
    for _ in 0..2 {
        let mut quiet = Report::default();
        let mut walk = Walk::new(model, script, &mut quiet, &asked, &at_load);
        walk.block(script.block);
        asked = walk.asks;
    }
    let mut walk = Walk::new(model, script, report, &asked, &at_load);
    walk.block(script.block);
    walk.unused_names();
    walk.keys_of_tables();
    (!walk.computed_setting).then_some(walk.settings)
}

/// The kinds of values that each function of the file is called with, by its
/// name; a function that is called in several ways has several.
type Asked = BTreeMap<String, Vec<Vec<Type>>>;

/// Ways of calling one function that are looked at.
const MOST_WAYS: usize = 4;

/// The state of the walk through one script.
pub(crate) struct Walk<'w, 't> {
    pub(crate) model: &'w Model<'t>,
    pub(crate) script: &'w Script<'t>,
    pub(crate) report: &'w mut Report,
    pub(super) locals: Vec<Local<'t>>,
    /// Names that are given another value somewhere: of what kind it then is
    /// nobody can tell.
    changed: BTreeSet<&'t str>,
    /// The tables of the file that are looked into by a word of a closed list.
    keyed: BTreeMap<Pos, Keyed<'t>>,
    /// How many functions we are inside of.
    pub(super) depth: u32,
    pub(super) settings: BTreeSet<String>,
    pub(super) computed_setting: bool,
    /// Functions of the file that may run while it is loaded.
    at_load: &'w BTreeSet<&'t str>,
    /// For each function that we are inside of: it may run then.
    pub(super) loading: Vec<bool>,
    /// The same for the function that is walked next, where its place tells.
    next_loading: Option<bool>,
    /// How functions of the file are called, as far as is known.
    asked: &'w Asked,
    /// How they are called in this walk.
    asks: Asked,
    /// Locals of the file that are read somewhere.
    used: BTreeSet<String>,
    /// The statement is the last of its block.
    ends_block: bool,
    /// Settings about which the function has asked something so far.
    pub(super) asked_of: BTreeSet<&'t str>,
}

#[derive(Clone, Copy)]
pub(super) struct Local<'t> {
    pub(super) name: &'t str,
    pub(super) kind: Type,
    pub(super) depth: u32,
    /// The entries of a table that it is.
    table: Option<(Pos, &'t [Entry])>,
}

/// A table and the words by which it is looked into.
#[derive(Default)]
struct Keyed<'t> {
    entries: &'t [Entry],
    words: BTreeSet<&'t str>,
    /// A word of a closed list is looked up in it.
    by_list: bool,
    /// It is used in other ways as well.
    open: bool,
}

impl<'w, 't> Walk<'w, 't> {
    fn new(
        model: &'w Model<'t>,
        script: &'w Script<'t>,
        report: &'w mut Report,
        asked: &'w Asked,
        at_load: &'w BTreeSet<&'t str>,
    ) -> Self {
        Self {
            model,
            script,
            report,
            locals: vec![],
            changed: changed(script.block),
            keyed: BTreeMap::new(),
            depth: 0,
            settings: BTreeSet::new(),
            computed_setting: false,
            at_load,
            loading: vec![],
            next_loading: None,
            asked,
            asks: Asked::new(),
            used: BTreeSet::new(),
            ends_block: false,
            asked_of: BTreeSet::new(),
        }
    }
}

impl<'t> Walk<'_, 't> {
    fn block(&mut self, block: &'t Block) {
        let known = self.locals.len();
        for (at, stmt) in block.stmts.iter().enumerate() {
            self.ends_block = at + 1 == block.stmts.len();
            self.stmt(stmt);
        }
        self.locals.truncate(known);
    }

    fn stmt(&mut self, stmt: &'t Stmt) {
        match stmt {
            Stmt::Local { names, values } => {
                let mut kinds: Vec<Type> = vec![];
                for (at, value) in values.iter().enumerate() {
                    kinds.push(match (&value.kind, names.get(at)) {
                        (Kind::Function(function), Some(name)) => {
                            self.helper(name, function);
                            Type::Function
                        }
                        _ => self.expr(value),
                    });
                }
                for (at, name) in names.iter().enumerate() {
                    self.bind(name, kinds.get(at).copied().unwrap_or(Type::Unknown));
                    let value = values.get(at);
                    let table = value.and_then(|it| Some((it.pos, it.entries()?)));
                    if let (Some(table), Some(local)) = (table, self.locals.last_mut()) {
                        local.table = Some(table);
                    }
                }
            }
            Stmt::LocalFunction { name, function } => {
                self.bind(name, Type::Function);
                self.helper(name, function);
            }
            Stmt::Function { target, function } => {
                self.assign(target);
                self.function(function, &[]);
            }
            Stmt::Assign { targets, values } => {
                self.exprs(values);
                for target in targets {
                    self.assign(target);
                }
            }
            Stmt::Call(expr) => self.call_statement(expr),
            Stmt::If { arms, otherwise } => {
                for (condition, body) in arms {
                    self.asked_whether(condition);
                    self.block(body);
                }
                if let Some(body) = otherwise {
                    self.block(body);
                }
            }
            Stmt::While { condition, body } => {
                self.asked_whether(condition);
                self.block(body);
            }
            Stmt::Repeat { body, until } => {
                // `until` sees the locals of the body.
                let known = self.locals.len();
                body.stmts.iter().for_each(|stmt| self.stmt(stmt));
                self.asked_whether(until);
                self.locals.truncate(known);
            }
            Stmt::Count { name, bounds, body } => {
                self.exprs(bounds);
                self.loop_body(&[(name, Type::Number)], body);
            }
            Stmt::Each { names, values, body } => self.each(names, values, body),
            Stmt::Do(body) => self.block(body),
            Stmt::Return { values, .. } => {
                self.exprs(values);
            }
            Stmt::Jump | Stmt::Nothing => {}
        }
    }

    /// Walks what an `if` or a loop asks.
    fn asked_whether(&mut self, condition: &'t Expr) {
        self.expr(condition);
        self.condition(condition);
        tree::each_inner(condition, &mut |part| {
            self.asked_of.extend(setting_read(part));
        });
    }

    fn each(&mut self, names: &'t [Word], values: &'t [Expr], body: &'t Block) {
        let kinds: Vec<Type> = values.iter().map(|it| self.expr(it)).collect();
        self.walked_through(values, &kinds);
        let over = match values.first().and_then(Expr::call) {
            Some(("ipairs" | "pairs", [list, ..])) => self.peek(list),
            _ => kinds.first().copied().unwrap_or(Type::Unknown),
        };
        let item = match over {
            Type::People => Type::Person,
            Type::Words => Type::Text,
            Type::WordsOf(words) => Type::Choice(words),
            _ => Type::Unknown,
        };
        let key = if item == Type::Unknown { Type::Unknown } else { Type::Number };
        let kinds = [key, item];
        let bound: Vec<(&'t Word, Type)> = names
            .iter()
            .enumerate()
            .map(|(at, name)| (name, kinds.get(at).copied().unwrap_or(Type::Unknown)))
            .collect();
        self.loop_body(&bound, body);
    }

    /// `for k, v in t` goes by the order of memory, which nobody can tell.
    fn walked_through(&mut self, values: &'t [Expr], kinds: &[Type]) {
        let [table] = values else { return };
        let calls = table.chain().is_some_and(|table| {
            matches!(table.links.last(), Some(Link::Call(_) | Link::Method(..)))
        });
        let list = matches!(kinds, [Type::People | Type::Words | Type::WordsOf(_)]);
        if calls || list {
            return;
        }
        let text = Say::new(
            "逐个取出一张表要写 pairs(表) 或 ipairs(列表),否则次序不定",
            "write pairs(t), or ipairs(list), to walk through a table: its own order \
             is not certain",
        );
        let name = table.name();
        let change = name.map(|name| Change {
            at: table.pos,
            written: name.to_owned(),
            text: format!("pairs({name})"),
        });
        let (code, file) = (codes::NO_ORDER, self.script.file);
        self.report.add_mended(code, file, table.pos, text, change.into_iter().collect());
    }

    fn loop_body(&mut self, names: &[(&'t Word, Type)], body: &'t Block) {
        let known = self.locals.len();
        for (name, kind) in names {
            self.bind(name, *kind);
        }
        self.block(body);
        self.locals.truncate(known);
    }

    fn bind(&mut self, name: &'t Word, kind: Type) {
        let name = name.text.as_str();
        let kind = if self.changed.contains(name) { Type::Unknown } else { kind };
        self.locals.push(Local { name, kind, depth: self.depth, table: None });
    }

    /// Notes how a table is looked into: by the words of a closed list, or in
    /// another way that says nothing of its keys.
    fn looked_into(&mut self, local: Local<'t>, links: &'t [Link]) {
        let Some((at, entries)) = local.table else { return };
        let words: Option<Vec<&'static str>> = match links.first() {
            Some(Link::Field(word)) => {
                self.keyed.entry(at).or_default().words.insert(&word.text);
                return;
            }
            Some(Link::Index(key)) if is_plain(key) => match self.peek(key) {
                Type::Choice(words) => Some(words.to_vec()),
                Type::Verb => Some(self.model.verbs.keys().copied().collect()),
                _ => None,
            },
            _ => None,
        };
        let keyed = self.keyed.entry(at).or_default();
        keyed.entries = entries;
        keyed.by_list |= words.is_some();
        keyed.open |= words.is_none() || self.changed.contains(local.name);
        keyed.words.extend(words.unwrap_or_default());
    }

    /// A key that is none of the words by which a table is looked into is never
    /// found.
    fn keys_of_tables(&mut self) {
        let tables = std::mem::take(&mut self.keyed).into_values();
        for keyed in tables.filter(|table| table.by_list && !table.open) {
            let known: Vec<&str> = keyed.words.iter().copied().collect();
            for key in keyed.entries.iter().filter_map(|entry| entry.key.as_ref()) {
                if !known.contains(&key.text.as_str()) {
                    self.not_among(&key.text, key.pos, &known, "这里");
                }
            }
        }
    }

    pub(super) fn local(&self, name: &str) -> Option<&Local<'t>> {
        self.locals.iter().rev().find(|it| it.name == name)
    }

    /// Walks a function of the file, in each of the ways in which it is called.
    fn helper(&mut self, name: &'t Word, function: &'t Function) {
        let asked = self.asked;
        let ways = asked.get(&name.text).filter(|_| self.depth == 0);
        let unknown: &[Vec<Type>] = &[vec![]];
        let at_load = self.at_load.contains(name.text.as_str());
        let ways = ways.map_or(unknown, Vec::as_slice);
        let are_asked: Vec<bool> = (0..function.params.len())
            .map(|at| tells_apart(function, ways, at))
            .collect();
        for kinds in ways {
            let mut kinds = kinds.clone();
            for (kind, _) in kinds.iter_mut().zip(&are_asked).filter(|it| *it.1) {
                *kind = Type::Unknown;
            }
            self.next_loading = Some(at_load).filter(|_| self.depth == 0);
            self.function(function, &kinds);
        }
    }

    /// A local of the file that nobody reads, while a name like it is unknown.
    fn unused_names(&mut self) {
        for stmt in &self.script.block.stmts {
            let names = match stmt {
                Stmt::Local { names, .. } => names.as_slice(),
                Stmt::LocalFunction { name, .. } => std::slice::from_ref(name),
                _ => continue,
            };
            for name in names.iter().filter(|name| !self.used.contains(&name.text)) {
                let (file, meant) = (self.script.file, &name.text);
                let Some(wrong) = self.report.suggests(codes::NO_NAME, file, meant)
                else {
                    continue;
                };
                let text = Say::new(
                    format!("“{meant}” 可能写错:别处都写 “{wrong}”"),
                    format!("“{meant}” may be misspelt: it is “{wrong}” everywhere else"),
                );
                self.report.misnamed(
                    codes::NO_NAME,
                    (file, name.pos),
                    meant,
                    text,
                    &wrong,
                );
            }
        }
    }

    /// Notes that a function of the file is called with values of these kinds.
    fn asks(&mut self, name: &str, kinds: Vec<Type>) {
        let ways = self.asks.entry(name.to_owned()).or_default();
        if ways.len() < MOST_WAYS && !ways.contains(&kinds) {
            ways.push(kinds);
        }
    }

    /// A handler that is a function of the file.
    fn named_handler(&mut self, value: &'t Expr, kinds: Vec<Type>) {
        if let Some(name) = value.name()
            && self.script.functions.contains_key(name)
        {
            self.asks(name, kinds);
        }
        self.expr(value);
    }

    /// Walks a function; a parameter without a known kind that is called
    /// `case` is taken for the case.
    fn function(&mut self, function: &'t Function, kinds: &[Type]) {
        let known = self.locals.len();
        let around = self.loading.last().copied().unwrap_or(true);
        let loading = self.next_loading.take().unwrap_or(around);
        self.loading.push(loading);
        self.depth += 1;
        for (at, param) in function.params.iter().enumerate() {
            let named = if param.text == "case" { Type::Case } else { Type::Unknown };
            let kind = kinds.get(at).copied().filter(|kind| *kind != Type::Unknown);
            self.bind(param, kind.unwrap_or(named));
        }
        let around = std::mem::take(&mut self.asked_of);
        self.block(&function.body);
        self.asked_of = around;
        self.depth -= 1;
        self.loading.pop();
        self.locals.truncate(known);
    }

    fn call_statement(&mut self, expr: &'t Expr) {
        if self.depth == 0 && self.declaration(expr) {
            return;
        }
        if let Some(chain) = expr.chain() {
            if let Some(name) = chain.name()
                && globals::is_decision(name)
                && self.local(name).is_none()
            {
                let text = Say::new(
                    format!("{name} 前面要写 return,否则这个决定不起作用"),
                    format!(
                        "write `return {name} …`; without `return` the decision is lost"
                    ),
                );
                // Nothing may follow a `return` in its block.
                let put = Change {
                    at: expr.pos,
                    written: String::new(),
                    text: "return ".to_owned(),
                };
                let changes = if self.ends_block { vec![put] } else { vec![] };
                let (code, file) = (codes::NOT_RETURNED, self.script.file);
                self.report.add_mended(code, file, expr.pos, text, changes);
            }
            self.decision_lost(expr);
            self.table_change(expr.pos, chain);
        }
        self.expr(expr);
    }

    /// `close_down("cured")`: a function of the file that gives back a decision.
    fn decision_lost(&mut self, expr: &'t Expr) {
        let Some((name, _)) = expr.call() else { return };
        let is_of_file = self.local(name).is_some_and(|it| it.depth == 0);
        let Some(function) = self.script.functions.get(name).filter(|_| is_of_file)
        else {
            return;
        };
        if self.depth == 0 || !flow::gives_decision(self.script, function) {
            return;
        }
        // Whether to return whatever it gives only a person can say.
        let text = Say::new(
            format!("{name} 返回一个决定,前面要写 return,否则这个决定不起作用"),
            format!("{name} gives back a decision; without `return` it is lost"),
        );
        self.report.add(codes::NOT_RETURNED, self.script.file, expr.pos, text);
    }

    /// Walks `workflow`, `stage` and `always` with the kinds of their handlers'
    /// parameters; `false` when it is none of them.
    fn declaration(&mut self, expr: &'t Expr) -> bool {
        let Some(chain) = expr.chain() else { return false };
        let Some("workflow" | "stage" | "always") = chain.name() else { return false };
        for link in &chain.links {
            let Link::Call(args) = link else { continue };
            for arg in args {
                match arg.entries() {
                    Some(entries) => self.handlers(entries),
                    None => _ = self.expr(arg),
                }
            }
        }
        true
    }

    fn handlers(&mut self, entries: &'t [Entry]) {
        for entry in entries {
            if let Some(key) = &entry.computed {
                self.expr(key);
            }
            let key = entry.key.as_ref().map_or("", |it| it.text.as_str());
            let handler = key == "enter" || key == "where" || key.starts_with("on_");
            if handler && matches!(entry.value.kind, Kind::Function(_)) {
                self.next_loading = Some(false);
            }
            match (&entry.value.kind, key) {
                (Kind::Function(function), "enter") => {
                    self.function(function, &[Type::Case]);
                }
                (Kind::Function(function), "where") => {
                    let event = self.entered_on(entries);
                    self.function(function, &[Type::Case, event]);
                }
                (_, "enter") => self.named_handler(&entry.value, vec![Type::Case]),
                (kind, _) if key.starts_with("on_") => {
                    let events = &self.model.events;
                    let event = events.get_key_value(&key["on_".len()..]);
                    let event = event.map_or(Type::Unknown, |it| Type::Event(it.0));
                    let kinds = [Type::Case, event];
                    match kind {
                        Kind::Function(function) => self.function(function, &kinds),
                        _ => self.named_handler(&entry.value, kinds.to_vec()),
                    }
                }
                (Kind::Table(inner), "enrol") => {
                    self.handlers(inner);
                    self.searched_amounts(inner);
                }
                // A comparison in enrol has a finding of its own.
                (Kind::Binary(..), "") if bound(&entry.value).is_some() => {}
                (_, "wait") => self.plain_wait(&entry.value),
                (_, "become") => {
                    self.expr(&entry.value);
                    self.named(&entry.value, Want::Workflow, "become");
                }
                _ if self.model.verbs.contains_key(key) => {
                    self.verb_key(key, &entry.value);
                }
                _ => _ = self.expr(&entry.value),
            }
        }
    }

    /// The event that brings a case in, if all that do hold the same fields.
    fn entered_on(&self, enrol: &'t [Entry]) -> Type {
        let Some(on) = tree::value(enrol, "on") else { return Type::Unknown };
        let names: Vec<&Expr> = match on.entries() {
            Some(list) => list.iter().map(|it| &it.value).collect(),
            None => vec![on],
        };
        let specs: Option<Vec<_>> = names
            .iter()
            .map(|name| self.model.events.get(name.text()?).copied())
            .collect();
        let Some(specs) = specs else { return Type::Unknown };
        match specs.split_first() {
            Some((first, others)) if others.iter().all(|it| same_fields(first, it)) => {
                Type::Event(first.name)
            }
            _ => Type::Unknown,
        }
    }

    /// `wait = 3 * workdays` in a plain stage.
    fn plain_wait(&mut self, value: &'t Expr) {
        let kind = self.expr(value);
        if kind.suits(Want::Span) {
            self.wait_length(value);
            return;
        }
        let Say { zh: is_zh, en: is_en } = kind.words();
        let Say { zh, en } = types::wished(Want::Span);
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            value.pos,
            Say::new(
                format!("wait 这里应为{zh},而不是{is_zh}"),
                format!("wait takes {en}, not {is_en}"),
            ),
        );
    }

    /// `sms = "remind_1"` in a plain stage.
    fn verb_key(&mut self, name: &str, value: &'t Expr) {
        self.verb_call(name, value.pos, std::slice::from_ref(value));
    }

    /// Walks several expressions.
    pub(crate) fn exprs(&mut self, exprs: &'t [Expr]) {
        for expr in exprs {
            self.expr(expr);
        }
    }

    /// Walks an expression and tells its kind.
    pub(crate) fn expr(&mut self, expr: &'t Expr) -> Type {
        match &expr.kind {
            Kind::Nil => Type::Nil,
            Kind::Bool(_) => Type::Bool,
            Kind::Number(_) => Type::Number,
            Kind::Text(text) => {
                self.braces_of_templates(expr, text);
                Type::Text
            }
            Kind::Chain(chain) => self.chain(expr.pos, chain),
            Kind::Function(function) => {
                self.function(function, &[]);
                Type::Function
            }
            Kind::Table(entries) => {
                for entry in entries {
                    if let Some(key) = &entry.computed {
                        self.expr(key);
                    }
                    self.expr(&entry.value);
                }
                Type::Table
            }
            Kind::Binary(left, operator, right) => {
                let kinds = (self.expr(left), self.expr(right));
                if let (Type::Date, Type::Span) = kinds {
                    self.moved_date(right);
                }
                if is_comparison(operator) {
                    self.compared(left, kinds.0, right, kinds.1);
                }
                self.operands((left, kinds.0), operator, (right, kinds.1));
                match kinds.0 {
                    Type::Money if counts_yuan(operator, right) => Type::Number,
                    kind => kind.joined(operator, kinds.1),
                }
            }
            Kind::Unary(operator, inner) => {
                let kind = self.expr(inner);
                match *operator {
                    "not" => Type::Bool,
                    "#" => Type::Number,
                    _ => {
                        self.negated(inner, kind);
                        kind
                    }
                }
            }
            Kind::Choice(conditions, values) => {
                self.exprs(conditions);
                let kinds: Vec<Type> = values.iter().map(|it| self.expr(it)).collect();
                kinds.into_iter().reduce(Type::or).unwrap_or(Type::Unknown)
            }
            Kind::Woven(parts) => {
                for part in parts {
                    let kind = self.expr(part);
                    self.amount_as_text(part, kind);
                }
                Type::Text
            }
            Kind::Other => Type::Unknown,
        }
    }

    /// Only days can be added to a date: workdays depend on the calendar.
    fn moved_date(&mut self, span: &Expr) {
        let unit = match &span.kind {
            Kind::Binary(_, "*", unit) => unit.name(),
            _ => span.name(),
        };
        let Some(unit @ ("workdays" | "hours")) = unit else { return };
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            span.pos,
            Say::new(
                format!("日期只能加减 days,不能加减 {unit};要等几个工作日请用 wait(3 * workdays, \"…\")"),
                format!("only days can be added to a date, not {unit}; to wait for workdays use wait(3 * workdays, \"…\")"),
            ),
        );
    }

    /// The kind of an expression that has been walked already.
    pub(super) fn peek(&mut self, expr: &'t Expr) -> Type {
        let mut quiet = Report::default();
        let mut walk = Walk {
            model: self.model,
            script: self.script,
            report: &mut quiet,
            locals: std::mem::take(&mut self.locals),
            changed: std::mem::take(&mut self.changed),
            keyed: BTreeMap::new(),
            depth: self.depth,
            settings: BTreeSet::new(),
            computed_setting: false,
            at_load: self.at_load,
            loading: self.loading.clone(),
            next_loading: None,
            asked: self.asked,
            asks: Asked::new(),
            used: BTreeSet::new(),
            ends_block: false,
            asked_of: std::mem::take(&mut self.asked_of),
        };
        let kind = walk.expr(expr);
        self.locals = walk.locals;
        self.changed = walk.changed;
        self.asked_of = walk.asked_of;
        kind
    }

    fn chain(&mut self, at: Pos, chain: &'t Chain) -> Type {
        let (mut kind, rest) = match &chain.head {
            Head::Expr(head) => (self.expr(head), chain.links.as_slice()),
            Head::Name(name) => {
                if let Some(local) = self.local(name).copied() {
                    let kind = local.kind;
                    self.looked_into(local, &chain.links);
                    if !self.used.contains(name.as_str()) {
                        self.used.insert(name.clone());
                    }
                    (kind, chain.links.as_slice())
                } else {
                    self.global(at, name, &chain.links)
                }
            }
        };
        if let (Head::Name(name), [Link::Call(args)]) = (&chain.head, rest)
            && self.script.functions.contains_key(name.as_str())
        {
            let kinds = args.iter().map(|arg| self.expr(arg)).collect();
            self.asks(name, kinds);
            return Type::Unknown;
        }
        for link in rest {
            kind = self.link(kind, link);
        }
        if chain.name().is_some_and(|name| self.local(name).is_none()) {
            self.made_text(chain);
        }
        kind
    }
}

/// The setting that an expression reads.
pub(super) fn setting_read(expr: &Expr) -> Option<&str> {
    let chain = expr.chain().filter(|expr| expr.name() == Some("setting"))?;
    match chain.links.first() {
        Some(Link::Field(word)) => Some(&word.text),
        _ => None,
    }
}

/// Whether a function asks of what kind a parameter is, or is given several kinds
/// and asks which: of what kind it then is, its place tells.
fn tells_apart(function: &Function, ways: &[Vec<Type>], at: usize) -> bool {
    let Some(param) = function.params.get(at).map(|param| param.text.as_str()) else {
        return false;
    };
    let kind = |way: &Vec<Type>| way.get(at).copied().unwrap_or(Type::Nil);
    let first = ways.first().map_or(Type::Nil, kind);
    let several = ways.iter().any(|way| !are_alike(kind(way), first));
    let mut asks = false;
    tree::each_expr(&function.body, &mut |expr| {
        let is_param = |it: &Expr| it.name() == Some(param);
        asks |= matches!(expr.call(), Some(("type", [it])) if is_param(it));
        if let Kind::Binary(left, "==" | "~=", right) = &expr.kind {
            let sides = [(left, right), (right, left)];
            asks |= several
                && sides.into_iter().any(|(one, other)| {
                    is_param(one) && matches!(other.kind, Kind::Text(_) | Kind::Bool(_))
                });
        }
    });
    asks
}

/// A name with its fields.
fn is_plain(expr: &Expr) -> bool {
    let field = |it: &Link| matches!(it, Link::Field(_));
    expr.chain().is_some_and(|expr| expr.name().is_some() && expr.links.iter().all(field))
}

/// The names that are assigned anywhere in a file.
fn changed(block: &Block) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    let mut open = vec![block];
    let mut inner = vec![];
    tree::each_expr(block, &mut |it| {
        if let Kind::Function(function) = &it.kind {
            inner.push(&function.body);
        }
    });
    open.extend(inner);
    while let Some(block) = open.pop() {
        for stmt in &block.stmts {
            if let Stmt::Assign { targets, .. } = stmt {
                names.extend(targets.iter().filter_map(Expr::name));
            }
            open.extend(tree::blocks_of(stmt));
        }
    }
    names
}

/// Whether handlers can read the same of two events.
fn same_fields(one: &EventSpec, other: &EventSpec) -> bool {
    let names =
        |it: &EventSpec| it.fields.iter().map(|field| field.name).collect::<Vec<_>>();
    names(one) == names(other)
}
