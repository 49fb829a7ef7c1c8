//! What tests say (测试里的写法): amounts without unit, words that never come,
//! calls that do nothing.

use domain::facts::{CASE_FIELDS, FactKind};
use domain::say::Say;

use super::codes;
use super::compare::bare;
use super::fields::told_by_events;
use super::model::Model;
use super::parse::Parsed;
use super::report::{Change, Report};
use super::tree::{self, Entry, Expr, Kind, Link, Pos, Word};

/// Checks the tests of one file.
pub(super) fn check(model: &Model<'_>, parsed: &Parsed, report: &mut Report) {
    let mut scene = Scene { model, file: &parsed.file, report };
    tree::each_expr(&parsed.block, &mut |expr| {
        let Some(("test", [_, body])) = expr.call() else { return };
        let Kind::Function(body) = &body.kind else { return };
        let Some(hand) = body.params.first() else { return };
        tree::each_expr(&body.body, &mut |it| {
            let Some(chain) = it.chain() else { return };
            if chain.name() == Some(hand.text.as_str()) {
                scene.step(&hand.text, &chain.links);
            }
        });
    });
}

struct Scene<'w, 't> {
    model: &'w Model<'t>,
    file: &'w str,
    report: &'w mut Report,
}

impl Scene<'_, '_> {
    fn step(&mut self, hand: &str, links: &[Link]) {
        match links {
            [Link::Method(word, _), ..] => self.method(hand, word),
            [Link::Field(word), Link::Call(args), ..] => {
                match (word.text.as_str(), args.as_slice()) {
                    ("case", [table]) => self.case(table.entries().unwrap_or(&[])),
                    ("pay", [_, amount, ..]) => self.amount(amount),
                    ("enrol", []) => self.nobody(hand, word),
                    _ => {}
                }
            }
            _ => {}
        }
    }

    fn case(&mut self, entries: &[Entry]) {
        for entry in entries {
            let Some(key) = &entry.key else { continue };
            let field = CASE_FIELDS.iter().find(|field| field.name == key.text);
            if field.is_some_and(|field| field.kind == FactKind::Fen) {
                self.amount(&entry.value);
            }
            if let (Some(known), Some(word)) =
                (told_by_events(self.model, &key.text), entry.value.text())
                && !known.contains(&word)
            {
                self.no_word(&key.text, word, entry.value.pos, known);
            }
        }
    }

    fn amount(&mut self, value: &Expr) {
        if let Kind::Number(text) = &value.kind
            && text != "0"
        {
            self.report.add(codes::BARE_AMOUNT, self.file, value.pos, bare(text));
        }
    }

    fn no_word(&mut self, key: &str, word: &str, at: Pos, known: &[&str]) {
        let (zh, en) = (known.join("、"), known.join(", "));
        let text = Say::new(
            format!("{key} 没有 “{word}” 这个词;可用:{zh}"),
            format!("{key} is never “{word}”; the words are {en}"),
        );
        let known = known.iter().copied();
        self.report.add_word(codes::NO_WORD, self.file, (at, word), text, known);
    }

    /// `t:enrol(c)` gives the hand itself as the case.
    fn method(&mut self, hand: &str, word: &Word) {
        let name = &word.text;
        let text = Say::new(
            format!("这里用点号:{hand}.{name}(…)"),
            format!("write it with a dot: {hand}.{name}(…)"),
        );
        let at = Pos { col: word.pos.col.saturating_sub(1), ..word.pos };
        let change = Change { at, written: ":".to_owned(), text: ".".to_owned() };
        let code = codes::NO_ARGUMENT;
        self.report.add_mended(code, self.file, at, text, vec![change]);
    }

    /// `t.enrol()` without a case does nothing.
    fn nobody(&mut self, hand: &str, word: &Word) {
        let name = &word.text;
        let text = Say::new(
            format!("{name} 缺少案件:local c = {hand}.case {{ … }} {hand}.{name}(c)"),
            format!(
                "{name} lacks the case: local c = {hand}.case {{ … }} {hand}.{name}(c)"
            ),
        );
        self.report.add(codes::ARGUMENT_MISSING, self.file, word.pos, text);
    }
}
