//! What a script may write to (赋值): its own locals and `memo`, nothing else.

use domain::near::nearest;
use domain::say::Say;

use super::codes;
use super::globals::{self, LANGUAGE};
use super::names::{Local, Walk};
use super::tree::{Chain, Expr, Head, Link, Pos};
use super::types::Type;

impl<'t> Walk<'_, 't> {
    pub(super) fn assign(&mut self, target: &'t Expr) {
        let Some(chain) = target.chain() else { return };
        let Head::Name(name) = &chain.head else { return };
        if chain.links.iter().any(|link| matches!(link, Link::Call(_) | Link::Method(..)))
        {
            self.expr(target);
            return;
        }
        let kind = self.local(name).map(|it| it.kind);
        match (kind, chain.links.as_slice()) {
            (
                Some(Type::Case | Type::Person | Type::People | Type::Event(_)),
                [_, ..],
            ) => {
                self.read_only(target.pos, name);
            }
            (Some(_), _) => self.file_level(name, target.pos),
            (None, [_, ..]) if name == "memo" => {}
            (None, []) => self.global_written(target.pos, name),
            (None, [_, ..])
                if globals::builtin(name).is_some()
                    || name == "setting"
                    || LANGUAGE.contains(&name.as_str()) =>
            {
                self.read_only(target.pos, name);
            }
            (None, [_, ..]) => self.unknown_name(target.pos, name, &chain.links),
        }
        for link in &chain.links {
            if let Link::Index(key) = link {
                self.expr(key);
            }
        }
    }

    fn read_only(&mut self, at: Pos, name: &str) {
        self.report.add(
            codes::READ_ONLY,
            self.script.file,
            at,
            Say::new(
                format!("{name} 只能读,不能改;要记住的值写进 memo"),
                format!("{name} can only be read; keep values in `memo`"),
            ),
        );
    }

    fn global_written(&mut self, at: Pos, name: &str) {
        let text = if name == "memo" {
            Say::new(
                "不能整个替换 memo,请写 memo.名字 = 值",
                "memo cannot be replaced as a whole; write memo.name = value",
            )
        } else {
            Say::new(
                format!("“{name}” 没有声明:第一次赋值要写 local {name} = …"),
                format!("“{name}” is not declared: write local {name} = …"),
            )
        };
        let near = nearest(name, self.locals.iter().map(|it| it.name));
        self.report.add_near(codes::GLOBAL_WRITTEN, self.script.file, at, text, near);
    }

    /// A function that changes a file-level local: the value is gone with the
    /// next wake-up, or leaks into the next case.
    fn file_level(&mut self, name: &str, at: Pos) {
        let Some(local) = self.local(name).filter(|it| !is_memo(it)) else { return };
        let text = match local.depth.checked_sub(1) {
            None if 0 < self.depth => Say::new(
                format!(
                    "“{name}” 是文件级变量,在函数里改它不会保存,还会影响别的案件;请用 memo.{name}"
                ),
                format!(
                    "“{name}” belongs to the file: a change in a function is lost and touches other cases; only memo keeps values, use memo.{name}"
                ),
            ),
            // A function of the file that has made this one: what it keeps
            // here is kept as long as the file.
            Some(maker) if self.outlives(local.depth, maker) => Say::new(
                format!(
                    "“{name}” 在载入时就有了,里面的函数改它会影响别的案件;请用 memo.{name}"
                ),
                format!(
                    "“{name}” is made when the file is loaded: a change in the function inside touches other cases; use memo.{name}"
                ),
            ),
            _ => return,
        };
        self.report.add(codes::LOST_VALUE, self.script.file, at, text);
    }

    /// Whether a local of a function around this one, `depth` deep, may still
    /// be there for the next case.
    fn outlives(&self, depth: u32, maker: u32) -> bool {
        let maker = usize::try_from(maker).ok().and_then(|it| self.loading.get(it));
        depth < self.depth && maker.copied().unwrap_or(false)
    }

    /// `table.insert(list, …)` on a file-level list loses the value.
    pub(super) fn table_change(&mut self, at: Pos, chain: &'t Chain) {
        const CHANGES: &[&str] = &["insert", "remove", "sort", "clear", "move"];
        if let (Some("table"), [Link::Field(word), Link::Call(args)]) =
            (chain.name(), chain.links.as_slice())
            && CHANGES.contains(&word.text.as_str())
            && let Some(name) = args.first().and_then(Expr::name)
        {
            self.file_level(name, at);
        }
    }
}

fn is_memo(local: &Local) -> bool {
    local.kind == Type::Memo
}
