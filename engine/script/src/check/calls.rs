//! The arguments of verbs and built-in words (动作参数).

use domain::hold::HoldReason;
use domain::manifest::{Arg, ArgKind, Verb};
use domain::near::nearest;
use domain::role::Role;
use domain::say::Say;

use super::codes;
use super::globals::{self, Builtin, Want};
use super::names::Walk;
use super::report::Change;
use super::tree::{self, Block, Entry, Expr, Kind, Link, Pos, Stmt, Word};
use super::types::{self, Type};
use crate::api::time::sane;
use crate::api::values;

impl<'t> Walk<'_, 't> {
    /// Checks a call of a built-in word and tells what comes back.
    pub(crate) fn builtin_call(
        &mut self,
        builtin: &'static Builtin,
        at: Pos,
        args: &'t [Expr],
    ) -> Type {
        let name = builtin.name;
        let kinds: Vec<Type> = args.iter().map(|arg| self.expr(arg)).collect();
        if self.misplaced(builtin, args, &kinds) {
            return Type::of_result(builtin.gives);
        }
        for (index, param) in builtin.params.iter().enumerate() {
            let Some(arg) = args.get(index) else {
                if param.want == Want::Stage && self.comma_missing(args.last()) {
                    continue;
                }
                let Say { zh, en } = types::wished(param.want);
                self.report.add(
                    codes::ARGUMENT_MISSING,
                    self.script.file,
                    at,
                    Say::new(
                        format!("{name} 缺少参数:{zh};写法 {}", builtin.example),
                        format!("{name} lacks {en}; write {}", builtin.example),
                    ),
                );
                continue;
            };
            let kind = kinds.get(index).copied().unwrap_or(Type::Unknown);
            if !kind.suits(param.want) {
                self.unsuited(builtin, arg.pos, kind, param.want);
            } else if kind.is_text() || kind == Type::Unknown {
                self.named(arg, param.want, name);
            }
        }
        for extra in args.iter().skip(builtin.params.len()) {
            // `stage("x", { … })` is the same as `stage "x" { … }`.
            if extra.entries().is_none() {
                self.report.add(
                    codes::NO_ARGUMENT,
                    self.script.file,
                    extra.pos,
                    Say::new(
                        format!("{name} 多了一个参数;写法 {}", builtin.example),
                        format!(
                            "{name} takes no such argument; write {}",
                            builtin.example
                        ),
                    ),
                );
            }
        }
        match (name, args.first()) {
            ("date", _) => self.date_text(args),
            ("wait", Some(span)) => self.wait_length(span),
            ("wait_until_overdue", Some(days)) => self.wait_days(days),
            _ => {}
        }
        Type::of_result(builtin.gives)
    }

    /// `wait("talk", 2 * days)` and `wait(2, days, "talk")`: one slip, though no
    /// argument stands where it belongs.
    fn misplaced(&mut self, builtin: &Builtin, args: &'t [Expr], kinds: &[Type]) -> bool {
        let name = builtin.name;
        let text = match (builtin.params, kinds) {
            ([first, second], [one, other])
                if *one != Type::Unknown
                    && *other != Type::Unknown
                    && !one.suits(first.want)
                    && !other.suits(second.want)
                    && one.suits(second.want)
                    && other.suits(first.want) =>
            {
                Say::new(
                    format!("{name} 的两个参数写反了;写法 {}", builtin.example),
                    format!(
                        "the arguments of {name} have changed places; write {}",
                        builtin.example
                    ),
                )
            }
            ([first, _], [Type::Number, Type::Span, _]) if first.want == Want::Span => {
                Say::new(
                    format!("数字和单位之间是乘号,不是逗号;写法 {}", builtin.example),
                    format!(
                        "number and unit are multiplied, without a comma; write {}",
                        builtin.example
                    ),
                )
            }
            _ => return false,
        };
        let at = args.first().map(|arg| arg.pos).unwrap_or_default();
        self.report.add(codes::WRONG_TYPE, self.script.file, at, text);
        true
    }

    /// `wait_until(promise.due_on "check")`: the name stands there, and what it
    /// hangs on is no function.
    fn comma_missing(&mut self, arg: Option<&'t Expr>) -> bool {
        let mut last = arg;
        while let Some(Expr { kind: Kind::Binary(_, _, right), .. }) = last {
            last = Some(right);
        }
        let Some(chain) = last.and_then(Expr::chain) else { return false };
        let (Some(Link::Call(given)), Some(Link::Field(_)) | None) =
            (chain.links.last(), chain.links.iter().rev().nth(1))
        else {
            return false;
        };
        let is_house = chain.name().is_some_and(|name| {
            globals::builtin(name).is_some() || self.script.functions.contains_key(name)
        });
        let [Expr { kind: Kind::Text(text), pos }] = given.as_slice() else {
            return false;
        };
        if is_house {
            return false;
        }
        let told = Say::new(
            format!("“{text}” 前面少了一个逗号"),
            format!("a comma is missing before “{text}”"),
        );
        let put = Change { at: *pos, written: String::new(), text: ", ".to_owned() };
        self.report.add_mended(codes::SYNTAX, self.script.file, *pos, told, vec![put]);
        true
    }

    fn unsuited(&mut self, builtin: &Builtin, at: Pos, kind: Type, want: Want) {
        let name = builtin.name;
        let Say { zh: is_zh, en: is_en } = kind.words();
        let Say { zh, en } = types::wished(want);
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            at,
            Say::new(
                format!("{name} 这里应为{zh},而不是{is_zh};写法 {}", builtin.example),
                format!("{name} takes {en} here, not {is_en}; write {}", builtin.example),
            ),
        );
    }

    fn date_text(&mut self, args: &'t [Expr]) {
        let Some(text) = args.first().and_then(Expr::text) else { return };
        let told = match text.parse::<jiff::civil::Date>() {
            Err(_) => Say::new(
                format!("“{text}” 不是日期,应写成 date \"2026-11-23\""),
                format!("“{text}” is no date; write date \"2026-11-23\""),
            ),
            Ok(day) => match sane(day) {
                Err(fault) => Say::new(fault.say.zh, fault.say.en),
                Ok(_) => return,
            },
        };
        let at = args.first().map(|arg| arg.pos).unwrap_or_default();
        self.report.add(codes::WRONG_TYPE, self.script.file, at, told);
    }

    /// Checks names of stages and workflows.
    pub(crate) fn named(&mut self, arg: &'t Expr, want: Want, by: &str) {
        let (texts, _) = self.script.texts(arg);
        for (text, at) in texts {
            match want {
                Want::Stage => self.stage_name(text, at),
                Want::Workflow => self.workflow_name(text, at, by),
                Want::Hold => self.hold_reason(text, at),
                Want::Role => self.role_name(text, at),
                _ => {}
            }
        }
    }

    /// A misspelt reason would hold a case for ever: nothing lifts it.
    fn hold_reason(&mut self, name: &str, at: Pos) {
        let known = HoldReason::ALL.map(HoldReason::as_str);
        if !known.contains(&name) {
            self.not_among(name, at, &known, "pause ");
        }
    }

    /// Work for a role that nobody has would lie for ever.
    fn role_name(&mut self, name: &str, at: Pos) {
        if Role::named(name).is_some_and(Role::works) {
            return;
        }
        if Role::named(name).is_some() {
            self.report.add(
                codes::NO_WORD,
                self.script.file,
                at,
                Say::new(
                    format!("“{name}” 只看不办,不能派给这个角色"),
                    format!("“{name}” reads and changes nothing: no work can be theirs"),
                ),
            );
            return;
        }
        let known: Vec<&str> = values::roles_of_work().map(Role::as_str).collect();
        self.not_among(name, at, &known, "role ");
    }

    /// Tells that a word is none of those that can stand here.
    pub(super) fn not_among(&mut self, word: &str, at: Pos, known: &[&str], of: &str) {
        let (zh, en) = (known.join("、"), known.join(", "));
        self.report.add_word(
            codes::NO_WORD,
            self.script.file,
            (at, word),
            Say::new(
                format!("{of}没有 “{word}” 这个词;可用:{zh}"),
                format!("no word “{word}” here; the words are {en}"),
            ),
            known.iter().copied(),
        );
    }

    /// A stage of the same workflow.
    pub(crate) fn stage_name(&mut self, name: &str, at: Pos) {
        let known = &self.script.stage_names;
        if known.contains(name) || self.script.computed_stages {
            return;
        }
        self.report.add_word(
            codes::NO_STAGE,
            self.script.file,
            (at, name),
            Say::new(format!("没有环节 “{name}”"), format!("no stage “{name}”")),
            known.iter().map(String::as_str),
        );
    }

    /// A workflow of the right lane: the same for `become`, another for `start`.
    fn workflow_name(&mut self, name: &str, at: Pos, by: &str) {
        let lanes = &self.model.lanes;
        let Some(lane) = lanes.get(name) else {
            self.report.add_near(
                codes::NO_WORKFLOW,
                self.script.file,
                at,
                Say::new(format!("没有流程 “{name}”"), format!("no workflow “{name}”")),
                nearest(name, lanes.keys().map(String::as_str)),
            );
            return;
        };
        let own = self
            .script
            .workflow()
            .and_then(|workflow| lanes.get(workflow.name)?.as_ref());
        let (Some(own), Some(lane)) = (own, lane) else { return };
        let text = match (by, own == lane) {
            ("become", false) => Say::new(
                format!(
                    "流程 “{name}” 在 {lane} 线上,本流程在 {own} 线上:become 只能转到同一条线,另一条线请用 start"
                ),
                format!(
                    "“{name}” is of lane {lane}, this workflow of {own}: become stays in its lane, use start for another"
                ),
            ),
            ("start", true) => Say::new(
                format!(
                    "流程 “{name}” 与本流程同在 {lane} 线上:start 只能开启另一条线,同一条线请用 return become"
                ),
                format!(
                    "“{name}” is of this workflow's own lane {lane}: start opens another lane, use return become for the same"
                ),
            ),
            _ => return,
        };
        self.report.add(codes::WRONG_LANE, self.script.file, at, text);
    }

    /// Checks a call of a plugin's verb.
    pub(crate) fn verb_call(&mut self, name: &str, at: Pos, args: &'t [Expr]) -> Type {
        let Some(verb) = self.model.verbs.get(name).copied() else {
            return Type::Unknown;
        };
        let mut given: Vec<&str> = vec![];
        match args.first() {
            None => {}
            Some(arg) => match (&arg.kind, verb.lone) {
                (Kind::Table(entries), _) => {
                    given = entries
                        .iter()
                        .filter_map(|entry| entry.key.as_ref())
                        .map(|key| key.text.as_str())
                        .collect();
                    for entry in entries {
                        self.verb_entry(verb, entry);
                    }
                }
                (_, Some(lone)) => {
                    given.push(lone);
                    if let Some(spec) = verb.args.iter().find(|arg| arg.name == lone) {
                        self.argument(verb, spec, arg);
                    }
                }
                (_, None) => self.table_wanted(verb, arg),
            },
        }
        self.exprs(args.get(1..).unwrap_or(&[]));
        let unknown_table = args.first().is_some_and(|arg| arg.entries().is_none());
        if unknown_table && verb.lone.is_none() {
            return Type::Nil;
        }
        // An argument under a misspelt name has a finding of its own.
        let names = || verb.args.iter().map(|arg| arg.name);
        let unknown = given.iter().filter(|it| names().all(|name| name != **it));
        let meant: Vec<String> = unknown.filter_map(|it| nearest(it, names())).collect();
        let lacking = |it: &&Arg| {
            it.required
                && !given.contains(&it.name)
                && !filled_by_case(it)
                && meant.iter().all(|name| name != it.name)
        };
        for missing in verb.args.iter().filter(lacking) {
            let Say { zh, en } = types::wanted(missing.kind);
            let arg = missing.name;
            self.report.add(
                codes::ARGUMENT_MISSING,
                self.script.file,
                at,
                Say::new(
                    format!("动作 {name} 缺少参数 {arg}({zh})"),
                    format!("the verb {name} lacks {arg} ({en})"),
                ),
            );
        }
        Type::Nil
    }

    fn table_wanted(&mut self, verb: &Verb, arg: &'t Expr) {
        let kind = self.expr(arg);
        if matches!(kind, Type::Unknown | Type::Table) {
            return;
        }
        let name = verb.name;
        let first = verb.args.first().map_or("", |it| it.name);
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            arg.pos,
            Say::new(
                format!("动作 {name} 的参数要写成表:{name} {{ {first} = … }}"),
                format!(
                    "write the arguments of {name} as a table: {name} {{ {first} = … }}"
                ),
            ),
        );
    }

    fn verb_entry(&mut self, verb: &'static Verb, entry: &'t Entry) {
        let name = verb.name;
        let Some(key) = &entry.key else {
            self.expr(&entry.value);
            self.report.add(
                codes::NO_ARGUMENT,
                self.script.file,
                entry.value.pos,
                Say::new(
                    format!("动作 {name} 的每个参数都要写名字,例如 {} = …", first(verb)),
                    format!("name every argument of {name}, such as {} = …", first(verb)),
                ),
            );
            return;
        };
        if let Some(spec) = verb.args.iter().find(|arg| arg.name == key.text) {
            self.argument(verb, spec, &entry.value);
            if spec.kind == ArgKind::Party {
                self.maybe_nobody(&entry.value);
            }
            return;
        }
        self.expr(&entry.value);
        self.unknown_argument(verb, key);
    }

    /// `to = case.guarantors[1]` in a workflow that never asks whether there is one: where
    /// there is none, `to` is left out, and the debtor gets the guarantor's letter.
    fn maybe_nobody(&mut self, value: &'t Expr) {
        if !is_one_guarantor(value) || asks_for_guarantors(self.script.block) {
            return;
        }
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            value.pos,
            Say::new(
                "没有保证人的案件会发给借款人本人:先写 if #case.guarantors > 0 then … end",
                "where there is no guarantor this goes to the debtor: ask first, if \
                 #case.guarantors > 0 then … end",
            ),
        );
    }

    fn unknown_argument(&mut self, verb: &Verb, key: &Word) {
        let (name, word) = (verb.name, &key.text);
        let known: Vec<&str> = verb.args.iter().map(|arg| arg.name).collect();
        let list = known.join("、");
        self.report.add_word(
            codes::NO_ARGUMENT,
            self.script.file,
            (key.pos, word),
            Say::new(
                format!("动作 {name} 没有参数 “{word}”,只有 {list}"),
                format!("the verb {name} takes no “{word}”, only {}", known.join(", ")),
            ),
            known.iter().copied(),
        );
    }

    fn argument(&mut self, verb: &Verb, spec: &Arg, value: &'t Expr) {
        let kind = self.expr(value);
        let fraction = matches!(spec.kind, ArgKind::Count | ArgKind::PerMille)
            && matches!(&value.kind, Kind::Number(text) if text.contains('.'));
        if spec.kind == ArgKind::Staff && kind == Type::Role {
            self.somebody_wanted(verb, spec, value.pos);
            return;
        }
        if !kind.fits(spec.kind) || fraction {
            let (name, arg) = (verb.name, spec.name);
            let Say { zh: is_zh, en: is_en } = kind.words();
            let Say { zh, en } = types::wanted(spec.kind);
            self.report.add(
                codes::WRONG_TYPE,
                self.script.file,
                value.pos,
                Say::new(
                    format!("动作 {name} 的参数 {arg} 应为{zh},而不是{is_zh}"),
                    format!("{arg} of {name} takes {en}, not {is_en}"),
                ),
            );
            return;
        }
        if spec.kind == ArgKind::Fen {
            self.bare_amount(value);
        }
        for (text, at) in self.script.texts(value).0 {
            match spec.kind {
                ArgKind::Template => self.template(text, at),
                ArgKind::Workflow => self.workflow_name(text, at, verb.name),
                ArgKind::Choice(words) => self.choice(verb, spec, text, words, at),
                ArgKind::Assignee => self.bare_role(spec, text, at),
                _ => {}
            }
        }
    }

    /// Who goes to a debtor, is rewarded or has a matter in hand is counted by their name.
    fn somebody_wanted(&mut self, verb: &Verb, spec: &Arg, at: Pos) {
        let (name, arg) = (verb.name, spec.name);
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            at,
            Say::new(
                format!(
                    "动作 {name} 的参数 {arg} 要具体的人,例如 case.collector,不能是角色"
                ),
                format!(
                    "{arg} of {name} takes a person, such as case.collector, no role"
                ),
            ),
        );
    }

    /// `by = "supervisor"` would be work for a person of that name.
    fn bare_role(&mut self, spec: &Arg, text: &str, at: Pos) {
        if Role::named(text).is_none() {
            return;
        }
        let arg = spec.name;
        self.report.add(
            codes::WRONG_TYPE,
            self.script.file,
            at,
            Say::new(
                format!("“{text}” 是角色,不是员工姓名;写成 {arg} = role \"{text}\""),
                format!(
                    "“{text}” is a role and no person; write {arg} = role \"{text}\""
                ),
            ),
        );
    }

    fn template(&mut self, name: &str, at: Pos) {
        let known = &self.model.templates;
        if known.contains(name) {
            return;
        }
        self.report.add_near(
            codes::NO_TEMPLATE,
            self.script.file,
            at,
            Say::new(
                format!("没有模板 “{name}”:应有文件 templates/{name}.txt"),
                format!("no template “{name}”: the file templates/{name}.txt is missing"),
            ),
            nearest(name, known.iter().copied()),
        );
    }

    fn choice(&mut self, verb: &Verb, spec: &Arg, text: &str, words: &[&str], at: Pos) {
        if words.contains(&text) {
            return;
        }
        let (name, arg) = (verb.name, spec.name);
        let Say { zh, en } = types::wanted(spec.kind);
        self.report.add_near(
            codes::WRONG_TYPE,
            self.script.file,
            at,
            Say::new(
                format!("动作 {name} 的参数 {arg} 应为 {zh},而不是 “{text}”"),
                format!("{arg} of {name} takes {en}, not “{text}”"),
            ),
            nearest(text, words.iter().copied()),
        );
    }
}

/// Left out, these come from the case: its debtor, its collector.
fn filled_by_case(arg: &Arg) -> bool {
    matches!(arg.kind, ArgKind::Staff | ArgKind::Assignee)
        || (arg.kind == ArgKind::Party && arg.name == "to")
}

fn first(verb: &Verb) -> &'static str {
    verb.args.first().map_or("", |it| it.name)
}

/// `case.guarantors`.
fn is_guarantors(expr: &Expr) -> bool {
    let last = expr.chain().and_then(|chain| chain.links.last());
    matches!(last, Some(Link::Field(field)) if field.text == "guarantors")
}

/// `case.guarantors[1]`.
fn is_one_guarantor(expr: &Expr) -> bool {
    let Some(chain) = expr.chain() else { return false };
    matches!(
        chain.links.as_slice(),
        [.., Link::Field(field), Link::Index(_)] if field.text == "guarantors"
    )
}

/// Whether a script looks anywhere whether there are guarantors: by their number, by
/// comparing one, by a condition, or because only cases with some come in.
fn asks_for_guarantors(block: &Block) -> bool {
    let mut asks = has_condition(block);
    tree::each_expr(block, &mut |expr| {
        asks |= match &expr.kind {
            Kind::Unary("#", list) => is_guarantors(list),
            Kind::Unary(_, one) => is_one_guarantor(one),
            Kind::Binary(left, _, right) => {
                is_one_guarantor(left) || is_one_guarantor(right)
            }
            Kind::Table(entries) => entries.iter().any(|entry| {
                entry.key.as_ref().is_some_and(|key| key.text == "guarantors")
            }),
            Kind::Function(function) => has_condition(&function.body),
            _ => false,
        };
    });
    asks
}

/// Whether `if case.guarantors[1] then` stands in a block.
fn has_condition(block: &Block) -> bool {
    block.stmts.iter().any(|stmt| {
        let asked = match stmt {
            Stmt::If { arms, .. } => arms.iter().any(|arm| is_one_guarantor(&arm.0)),
            _ => false,
        };
        asked || tree::blocks_of(stmt).into_iter().any(has_condition)
    })
}
