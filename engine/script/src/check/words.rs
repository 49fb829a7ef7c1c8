//! Names that stand alone (名字): verbs, built-in words, and what is absent.

use domain::near::{nearest, only_near};
use domain::say::{Say, text};

use super::codes;
use super::globals::{self, ABSENT, BUILTINS, LANGUAGE, LIBRARIES, VALUES};
use super::names::Walk;
use super::slips;
use super::tree::{Link, Pos};
use super::types::Type;

impl<'t> Walk<'_, 't> {
    /// The kind of a global with as many links as belong to it.
    pub(super) fn global(
        &mut self,
        at: Pos,
        name: &str,
        links: &'t [Link],
    ) -> (Type, &'t [Link]) {
        if let Some(result) = self.house_word(at, name, links) {
            return result;
        }
        self.library(at, name, links);
        if name == "table" {
            self.looked_for(links);
        }
        if LANGUAGE.contains(&name) {
            return (Type::Library, links);
        }
        if ABSENT.contains(&name) {
            self.absent(at, name);
        } else if name == "case" && 0 < self.depth {
            let text = Say::new(
                "这里没有 case:函数的括号里少了参数,应写 function(case)",
                "there is no case here: the function takes none; write function(case)",
            );
            self.report.add(codes::NO_NAME, self.script.file, at, text);
        } else {
            self.unknown_name(at, name, links);
        }
        (Type::Unknown, links)
    }

    /// A function of a library: some that Luau has are left out here.
    fn library(&mut self, at: Pos, name: &str, links: &[Link]) {
        let Some((_, known)) = LIBRARIES.iter().find(|library| library.0 == name) else {
            return;
        };
        let Some(Link::Field(word)) = links.first() else { return };
        let member = word.text.as_str();
        if known.contains(&member) {
            return;
        }
        if name == "math" && member.starts_with("random") {
            self.absent(at, "math.random");
            return;
        }
        let near = nearest(member, known.iter().copied());
        self.report.add_near(
            codes::NO_NAME,
            self.script.file,
            word.pos,
            Say::new(
                format!("这里没有 {name}.{member}"),
                format!("there is no {name}.{member} here"),
            ),
            near.map(|it| format!("{name}.{it}")),
        );
    }

    fn house_word(
        &mut self,
        at: Pos,
        name: &str,
        links: &'t [Link],
    ) -> Option<(Type, &'t [Link])> {
        if name == "memo" && self.depth == 0 {
            self.unknown_name(at, name, links);
            return Some((Type::Memo, links));
        }
        if VALUES.iter().any(|it| it.name == name) {
            let kind = match name {
                "memo" => Type::Memo,
                "setting" => Type::Settings,
                _ => Type::Span,
            };
            return Some((kind, links));
        }
        let builtin = globals::builtin(name);
        if builtin.is_none() && !self.model.verbs.contains_key(name) {
            return None;
        }
        let Some((Link::Call(args), rest)) = links.split_first() else {
            return Some((Type::Function, links));
        };
        let kind = match builtin {
            Some(builtin) => self.builtin_call(builtin, at, args),
            None => self.verb_call(name, at, args),
        };
        Some((kind, rest))
    }

    fn absent(&mut self, at: Pos, name: &str) {
        let Say { zh, en } = match name {
            "os" => text("日期用 today(),时长用 3 * days", "use today() and 3 * days"),
            "require" | "dofile" | "loadfile" => {
                text("一个流程写在一个文件里", "a workflow stands in one file")
            }
            "math.random" => text(
                "同样的案件必须得到同样的决定",
                "the same case must always get the same decision",
            ),
            "print" => {
                text("想看结果请用 qingshou try", "use qingshou try to look inside")
            }
            "coroutine" => text("等待请用 return wait(…)", "to wait, return wait(…)"),
            _ => text(
                "脚本只做决定,读写文件和发送由系统完成",
                "a script only decides; the system reads, writes and sends",
            ),
        };
        self.report.add(
            codes::NOT_HERE,
            self.script.file,
            at,
            Say::new(
                format!("脚本里不能用 {name}:{zh}"),
                format!("`{name}` is not available: {en}"),
            ),
        );
    }

    pub(super) fn unknown_name(&mut self, at: Pos, name: &str, links: &[Link]) {
        let builtins = BUILTINS.iter().map(|builtin| builtin.name);
        // A file full of unknown names is no script; guessing takes time.
        let known: Vec<String> = if self.report.is_long() || name == "case" {
            vec![]
        } else {
            builtins
                .chain(VALUES.iter().map(|it| it.name))
                .chain(LANGUAGE.iter().copied())
                .chain(self.model.verbs.keys().copied())
                .chain(self.locals.iter().map(|it| it.name))
                .chain(slips::keyword_meant(name))
                .map(str::to_owned)
                .collect()
        };
        let called = matches!(links.first(), Some(Link::Call(_)));
        let keyword = slips::keyword_meant(name).into_iter().next();
        let keyword = keyword.filter(|keyword| {
            called
                && only_near(name, known.iter().map(String::as_str)).as_deref()
                    == Some(keyword)
        });
        let text = if let Some(keyword) = keyword {
            Say::new(
                format!("“{name}” 拼错了,应为 {keyword}"),
                format!("“{name}” is misspelt; write {keyword}"),
            )
        } else if matches!(name, "case" | "memo") {
            Say::new(
                format!("{name} 只在函数里有:写在 function(case) … end 里面"),
                format!("`{name}` exists inside functions only: function(case) … end"),
            )
        } else if called {
            Say::new(
                format!("没有动作或函数 “{name}”"),
                format!("no verb or function “{name}”"),
            )
        } else {
            Say::new(
                format!("没有名字 “{name}”:变量要先用 local 声明,文字要加引号"),
                format!(
                    "no name “{name}”: declare a variable with `local`, put a text in quotes"
                ),
            )
        };
        let known = known.iter().map(String::as_str);
        self.report.add_word(codes::NO_NAME, self.script.file, (at, name), text, known);
    }
}
