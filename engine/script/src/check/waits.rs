//! How long a script waits (等待的长短): waits that can never be kept.

use domain::decision::LONGEST_WAIT_DAYS;
use domain::say::Say;

use super::codes;
use super::names::{Walk, setting_read};
use super::tree::{self, Expr, Kind, Link, Pos};

/// A duration that is written out.
struct Length<'t> {
    count: i64,
    unit: &'t str,
    at: Pos,
}

impl<'t> Walk<'_, 't> {
    /// A wait has at least one unit and at most ten years.
    pub(super) fn wait_length(&mut self, value: &'t Expr) {
        let mut was_asked = false;
        tree::each_inner(value, &mut |part| {
            was_asked |= setting_read(part)
                .is_some_and(|setting_read| self.asked_of.contains(setting_read));
        });
        // What its value may be there the condition tells, and not its default.
        if was_asked {
            return;
        }
        let Some(Length { count, unit, at }) = self.length(value, 0) else { return };
        let per_day = if unit == "hours" { 24 } else { 1 };
        self.waits(count, unit, i64::from(LONGEST_WAIT_DAYS) * per_day, at);
    }

    /// The days of `wait_until_overdue`.
    pub(super) fn wait_days(&mut self, value: &'t Expr) {
        let value = self.written_out(value);
        if let Kind::Number(text) = &value.kind
            && text.contains('.')
        {
            let told = Say::new(
                format!("逾期天数应为整数,不能是 {text}"),
                format!("days past due are a whole number, not {text}"),
            );
            self.report.add(codes::WRONG_TYPE, self.script.file, value.pos, told);
            return;
        }
        if let Some(count) = whole(value) {
            self.waits(count, "days", i64::from(LONGEST_WAIT_DAYS), value.pos);
        }
    }

    fn waits(&mut self, count: i64, unit: &str, longest: i64, at: Pos) {
        if (1..=longest).contains(&count) {
            return;
        }
        let told = Say::new(
            format!("等待 {count} {unit} 不行:应在 1 到 {longest} 之间"),
            format!("cannot wait {count} {unit}: from 1 to {longest}"),
        );
        self.report.add(codes::WRONG_TYPE, self.script.file, at, told);
    }

    /// A value as it is written out where a local of the file or a setting
    /// stands for it.
    pub(super) fn written_out(&self, value: &'t Expr) -> &'t Expr {
        let Some(chain) = value.chain() else { return value };
        let Some(name) = chain.name() else { return value };
        match chain.links.as_slice() {
            [] if self.local(name).is_some_and(|it| it.depth == 0) => {
                self.script.constants.get(name).copied().unwrap_or(value)
            }
            [Link::Field(word)] if name == "setting" => {
                self.setting_default(&word.text).unwrap_or(value)
            }
            _ => value,
        }
    }

    fn setting_default(&self, name: &str) -> Option<&'t Expr> {
        let workflow = self.script.workflows.first()?;
        let settings = tree::value(workflow.entries, "settings")?.entries()?;
        tree::setting_default(tree::value(settings, name)?)
    }

    fn length(&self, value: &'t Expr, deep: u32) -> Option<Length<'t>> {
        if 8 < deep {
            return None;
        }
        match &value.kind {
            Kind::Binary(left, "*", right) => {
                let (number, unit) = match whole(left) {
                    Some(number) => (number, right),
                    None => (whole(right)?, left),
                };
                let one = self.length(unit, deep + 1)?;
                let count = number.checked_mul(one.count)?;
                Some(Length { count, at: value.pos, ..one })
            }
            Kind::Binary(left, sign @ ("+" | "-"), right) => {
                let one = self.length(left, deep + 1)?;
                let other = self
                    .length(right, deep + 1)
                    .filter(|length| length.unit == one.unit)?;
                let count = match *sign {
                    "+" => one.count.checked_add(other.count)?,
                    _ => one.count.checked_sub(other.count)?,
                };
                Some(Length { count, at: value.pos, ..one })
            }
            _ => match value.name() {
                Some(unit @ ("days" | "workdays" | "hours"))
                    if self.local(unit).is_none() =>
                {
                    Some(Length { count: 1, unit, at: value.pos })
                }
                _ => {
                    let meant = self.written_out(value);
                    let is_other = meant.pos != value.pos;
                    if is_other { self.length(meant, deep + 1) } else { None }
                }
            },
        }
    }
}

/// A whole number that is written out.
fn whole(value: &Expr) -> Option<i64> {
    match &value.kind {
        Kind::Number(text) => text.replace('_', "").parse().ok(),
        Kind::Unary("-", inner) => whole(inner)?.checked_neg(),
        _ => None,
    }
}
