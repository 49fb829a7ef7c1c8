//! What a row of money consists of (分列的本金、利息、罚息、费用), where the bank's list
//! has a column for each beside the amount.
//!
//! A division is taken where its columns say that they are what was paid or fell due, and
//! come to the row's amount to the fen. In every other case the row is booked whole: such
//! columns hold balances and running totals as often as parts.

use domain::components::{Component, Components};
use domain::ledger::EntryKind;
use domain::money::Fen;

use super::brackets::stem;
use super::cells;
use super::headers::Columns;
use super::table::{Row, Stored};

/// The names under which `--map` takes the column of each part.
pub(crate) const MAPPED: [(&str, Component); 4] = [
    ("principal_part", Component::Principal),
    ("interest_part", Component::Interest),
    ("penalty_part", Component::Penalty),
    ("cost_part", Component::Cost),
];

/// What a column of parts is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Side {
    /// What has fallen due (应还).
    Due,
    /// What was paid (实还).
    Paid,
    /// Whatever the row is about: `--map` says so.
    Said,
    /// It does not say: a balance, a running total, what was lent.
    Unsaid,
}

/// What stands in front of the name of a part.
const SIDES: &[(Side, &[&str])] = &[
    (
        Side::Due,
        &[
            "本期应还",
            "当期应还",
            "本次应还",
            "到期应还",
            "应还",
            "应收",
            "应归还",
            "due",
        ],
    ),
    (
        Side::Paid,
        &[
            "本次归还",
            "本次偿还",
            "本次实还",
            "本次还款",
            "本次还",
            "实际归还",
            "实际还",
            "实还",
            "实收",
            "归还",
            "偿还",
            "还款",
            "收回",
            "回收",
            "还",
            "收",
            "paid",
            "repaid",
            "payment",
            "repayment",
        ],
    ),
    (
        Side::Unsaid,
        &["已还", "已收", "累计实还", "累计归还", "累计", "其中", "所含", "含"],
    ),
];

/// Of what a waiver is one.
const WAIVED: &[&str] = &["减免", "豁免", "waiver", "waived"];

/// What each part is called.
const NAMES: &[(Component, &[&str])] = &[
    (Component::Principal, &["本金", "本", "本金额", "principal"]),
    (Component::Interest, &["利息", "息", "正常利息", "正常息", "interest"]),
    (
        Component::Penalty,
        &[
            "罚息",
            "复利",
            "复息",
            "罚复息",
            "罚息复利",
            "罚息及复利",
            "罚息和复利",
            "逾期罚息",
            "违约金",
            "滞纳金",
            "penalty",
            "penaltyinterest",
        ],
    ),
    (
        Component::Cost,
        &[
            "费用",
            "费",
            "手续费",
            "垫付费用",
            "代垫费用",
            "垫付费",
            "诉讼费",
            "诉讼费用",
            "律师费",
            "公告费",
            "保全费",
            "其他费用",
            "实现债权费用",
            "实现债权的费用",
            "cost",
            "costs",
            "fee",
            "fees",
        ],
    ),
];

/// What brackets behind the name of a part may say, without making it something else.
const YUAN: &[&str] =
    &["元", "人民币", "人民币元", "单位:元", "单位元", "rmb", "cny", "yuan"];

/// The part that is called so.
fn called(name: &str) -> Option<Component> {
    let bare = name.strip_suffix("金额").unwrap_or(name);
    let bare = bare.strip_suffix("amount").unwrap_or(bare);
    let is = |it: &&(Component, &[&str])| it.1.iter().any(|it| [name, bare].contains(it));
    NAMES.iter().find(is).map(|name| name.0)
}

/// What a header says it holds; `None` where it is no part of anything.
fn reads(header: &str) -> Option<(Side, Component)> {
    let name = stem(header).replace([':', ' ', '_', '-', '.'], "");
    let name = name.as_str();
    // 本 and 息 say something behind 还 alone.
    if let (2.., Some(component)) = (name.chars().count(), called(name)) {
        return Some((Side::Unsaid, component));
    }
    let (side, component) = SIDES.iter().find_map(|(side, words)| {
        words.iter().find_map(|word| {
            let rest = name.strip_prefix(word).or_else(|| name.strip_suffix(word))?;
            Some((*side, called(rest)?))
        })
    })?;
    // 实还本金(累计), 应还利息(占比)
    Some((if says_no_more(header) { side } else { Side::Unsaid }, component))
}

/// Whether a header has no brackets, or only such as say that it is in yuan.
fn says_no_more(header: &str) -> bool {
    let plain = cells::plain(header).to_lowercase();
    let mark = |it: char| "()[]【】〔〕<>《》{}".contains(it);
    let Some((_, inside)) = plain.split_once(mark) else { return true };
    let inside: String =
        inside.chars().filter(|it| !mark(*it) && !it.is_whitespace()).collect();
    YUAN.contains(&inside.as_str())
}

/// The columns of a list that hold parts, or may.
#[derive(Debug, Default)]
pub(crate) struct Parted(Vec<(usize, Side, Component)>);

impl Parted {
    /// Finds them by their headers, and those that `--map` names.
    pub(crate) fn of(columns: &Columns) -> Self {
        let mapped = MAPPED.iter().filter_map(|(name, component)| {
            Some((columns.place(name)?, Side::Said, *component))
        });
        let others = columns.others.iter().filter_map(|at| {
            let (side, component) = reads(&columns.header_at(*at))?;
            Some((*at, side, component))
        });
        Self(mapped.chain(others).collect())
    }

    /// Whether the list has no column that may hold a part.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The columns that are about a row of this kind: of each part those that `--map`
    /// names, or else those that name the side of the row. None where two of them tell
    /// of the same principal or interest.
    fn about(&self, kind: EntryKind) -> Vec<(usize, Component)> {
        let side = match kind {
            EntryKind::Due => Side::Due,
            EntryKind::Payment => Side::Paid,
            EntryKind::Waiver => Side::Said,
            _ => return Vec::new(),
        };
        let of = |component: Component, side: Side| {
            let found = self.0.iter().filter(move |it| it.1 == side && it.2 == component);
            found.map(move |it| (it.0, component)).collect::<Vec<_>>()
        };
        let mut columns = Vec::new();
        for component in Component::ALL.iter().copied() {
            let said = of(component, Side::Said);
            let found = if said.is_empty() { of(component, side) } else { said };
            let is_one = matches!(component, Component::Principal | Component::Interest);
            if is_one && 1 < found.len() {
                return Vec::new();
            }
            columns.extend(found);
        }
        columns
    }

    /// What a row of this kind and amount consists of. `None` where its columns do not
    /// say, cannot be read or do not come to the amount.
    pub(crate) fn of_row(
        &self,
        columns: &Columns,
        row: &Row,
        kind: EntryKind,
        amount: Fen,
    ) -> Option<Components> {
        if amount <= Fen(0) || !columns.has("amount") {
            return None;
        }
        let mut parts = Components::NOTHING;
        for (at, component) in self.about(kind) {
            parts += Components::only(component, part(columns, row, at)?);
        }
        parts.make_up(amount).then_some(parts)
    }
}

/// The amount in a column of parts, nothing where nothing stands there. `None` where it
/// cannot be read for sure.
fn part(columns: &Columns, row: &Row, at: usize) -> Option<Fen> {
    let mark = row.mark(at);
    let is_odd = mark.repeats || mark.spans_rows || mark.scaled;
    if is_odd || matches!(mark.stored, Stored::Day | Stored::Unsaved) {
        return None;
    }
    let cell = row.plain(at);
    let bare = cells::unmarked(&cell).trim();
    if cells::says_nothing(bare) || bare.chars().all(|c| "-—–".contains(c)) {
        return Some(Fen(0));
    }
    let amount = columns.amount_at(row, at)?;
    (Fen(0) <= amount && !bare.contains(['%', '％', '‰'])).then_some(amount)
}

/// What a payment, a due item or a waiver is all of, by the word that the bank has for it:
/// 归还本金, 还息, 利息减免. One that speaks of more than one part says nothing.
pub(crate) fn by_word(word: &str) -> Option<Component> {
    let name = stem(word).replace([':', ' ', '_', '-', '.'], "");
    let waived = || {
        WAIVED.iter().find_map(|it| {
            called(name.strip_prefix(it).or_else(|| name.strip_suffix(it))?)
        })
    };
    let named = || reads(word).map(|it| it.1).or_else(waived);
    // 还息(含罚息)
    if says_no_more(word) { named() } else { None }
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::super::events::EventList;
    use super::super::feed::of_text;
    use super::*;

    #[test]
    fn a_header_says_of_what_it_is_a_part_and_on_which_side() {
        let table = [
            ("本金", Some((Side::Unsaid, Component::Principal))),
            ("其中:利息", Some((Side::Unsaid, Component::Interest))),
            ("应还本金", Some((Side::Due, Component::Principal))),
            ("应还利息(元)", Some((Side::Due, Component::Interest))),
            ("实收本金", Some((Side::Paid, Component::Principal))),
            ("还本", Some((Side::Paid, Component::Principal))),
            ("还息金额", Some((Side::Paid, Component::Interest))),
            ("归还罚息", Some((Side::Paid, Component::Penalty))),
            ("复利", Some((Side::Unsaid, Component::Penalty))),
            ("违约金", Some((Side::Unsaid, Component::Penalty))),
            ("垫付费用", Some((Side::Unsaid, Component::Cost))),
            ("实还诉讼费", Some((Side::Paid, Component::Cost))),
            ("principal_paid", Some((Side::Paid, Component::Principal))),
            ("Interest due", Some((Side::Due, Component::Interest))),
            ("已还本金", Some((Side::Unsaid, Component::Principal))),
            ("已收利息", Some((Side::Unsaid, Component::Interest))),
            ("累计归还本金", Some((Side::Unsaid, Component::Principal))),
            ("实还本金(累计)", Some((Side::Unsaid, Component::Principal))),
            ("实还利息(%)", Some((Side::Unsaid, Component::Interest))),
            ("实还利息(万元)", Some((Side::Unsaid, Component::Interest))),
            ("本", None),
            ("贷款本金", None),
            ("本金余额", None),
            ("利率", None),
            ("还款方式", None),
            ("应还日期", None),
        ];
        for (header, read) in table {
            assert_eq!(reads(header), read, "{header}");
        }
    }

    /// The parts of the rows of a list, or the codes of their faults.
    fn read(header: &str, rows: &[&str]) -> Vec<Result<Option<[i64; 4]>, &'static str>> {
        rows.iter()
            .map(|row| {
                let text =
                    format!("日期,贷款编号,类型,{header}\n2026-03-01,QS-1,{row}\n");
                let list = of_text::<EventList>(&text, &Options::default()).unwrap();
                match (list.good.first(), list.rejected.first()) {
                    (Some((_, it)), _) => Ok(it.parts.map(|part| {
                        [part.principal.0, part.interest.0, part.penalty.0, part.cost.0]
                    })),
                    (None, Some((_, fault))) => Err(fault.code),
                    (None, None) => panic!("{row} is nowhere"),
                }
            })
            .collect()
    }

    #[test]
    fn the_parts_of_a_row_are_taken_where_they_come_to_its_amount_and_never_refuse_it() {
        let header = "金额,应还本金,应还利息,实还本金,实还利息,实还罚息";
        let table = [
            ("还款,1000,900,300,800,200,", Some([80_000, 20_000, 0, 0])),
            ("还款,1000,900,300,800,190,10", Some([80_000, 19_000, 1_000, 0])),
            ("应还,1200,900,300,,,", Some([90_000, 30_000, 0, 0])),
            ("还款,1000,900,300,1000,-,", Some([100_000, 0, 0, 0])),
            ("还款,1000,900,300,800,100,", None),
            ("还款,1000,900,300,800,二百,", None),
            ("还款,1000,900,300,800,#N/A,200", None),
            ("还款,1000,900,300,800,200%,", None),
            ("还款,1000,900,300,1200,-200,", None),
            ("还款,1000,900,300,,,", None),
            ("放款,1000,900,300,800,200,", None),
        ];
        for (row, expected) in table {
            assert_eq!(read(header, &[row]), [Ok(expected)], "{row}");
        }
    }

    #[test]
    fn columns_that_may_be_balances_or_running_totals_are_no_parts() {
        let table = [
            ("金额,本金,利息", "还款,1000,800,200"),
            ("金额,本金,利息", "还款,500,50000,12"),
            ("金额,已还本金,已还利息", "还款,1000,800,200"),
            ("金额,累计实还本金,累计实还利息", "还款,1000,800,200"),
            ("金额,其中:本金,其中:利息", "还款,1000,800,200"),
            ("金额,应还本金,应还利息", "还款,1000,800,200"),
            ("金额,实还本金,归还本金", "还款,1000,500,500"),
            ("金额,本金", "归还本金,500,50000"),
        ];
        for (header, row) in table {
            assert_eq!(read(header, &[row]), [Ok(None)], "{header}: {row}");
        }
    }

    #[test]
    fn a_person_may_say_what_a_column_holds() {
        let map = ["本金=principal_part", "利息=interest_part"];
        let map = map.map(|it| it.parse().unwrap()).to_vec();
        let options = Options { map, ..Options::default() };
        let text = "日期,贷款编号,类型,金额,本金,利息\n\
            2026-03-01,QS-1,还款,1000,800,200\n\
            2026-03-02,QS-1,还款,1000,50000,12\n";
        let list = of_text::<EventList>(text, &options).unwrap();
        let parts: Vec<_> =
            list.good.iter().map(|it| it.1.parts.map(|part| part.principal)).collect();
        assert_eq!(parts, [Some(Fen(80_000)), None]);
    }

    #[test]
    fn penalty_and_compound_interest_are_one_part_and_all_fees_another() {
        let header = "金额,实还本金,实还利息,实还罚息,实还复利,实还诉讼费,实还律师费";
        let found = read(header, &["还款,1000,800,150,20,10,15,5"]);
        assert_eq!(found, [Ok(Some([80_000, 15_000, 3_000, 2_000]))]);
    }

    #[test]
    fn a_list_without_a_column_of_amounts_is_refused_whatever_parts_it_has() {
        let text = "日期,贷款编号,类型,还本,还息\n2026-03-01,QS-1,还款,800,200\n";
        let refused = of_text::<EventList>(text, &Options::default());
        assert_eq!(refused.err().map(|fault| fault.code), Some("I030"));
    }

    #[test]
    fn a_row_whose_kind_is_a_part_is_all_of_it_and_one_of_two_parts_is_none() {
        let table = [
            ("归还本金,500", Some([50_000, 0, 0, 0])),
            ("还息,20", Some([0, 2_000, 0, 0])),
            ("应还利息,20", Some([0, 2_000, 0, 0])),
            ("利息减免,20", Some([0, 2_000, 0, 0])),
            ("应还本息,520", None),
            ("还本还息,520", None),
            ("收本收息,520", None),
            ("还款,520", None),
        ];
        for (row, parts) in table {
            assert_eq!(read("金额", &[row]), [Ok(parts)], "{row}");
        }
    }
}
