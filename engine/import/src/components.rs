//! What a row of money consists of (分列的本金、利息、罚息、费用), where the bank's list
//! has a column for each.
//!
//! A division is taken as it stands or not at all: where its parts do not come to the
//! row's amount, one of the two is wrong, and a person has to say which.

use domain::components::{Component, Components};
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::say::Say;

use super::brackets::stem;
use super::cells;
use super::fault::RowFault;
use super::headers::Columns;
use super::table::Row;

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
    /// Whatever the row is about.
    Own,
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
            "已还",
            "已收",
            "归还",
            "偿还",
            "还款",
            "收回",
            "回收",
            "还",
            "收",
            "paid",
            "repaid",
        ],
    ),
    (Side::Own, &["其中", "所含", "含"]),
];

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

/// What a header says it holds; `None` where it is no part of anything.
fn reads(header: &str) -> Option<(Side, Component)> {
    let name = stem(header).replace([':', ' ', '_', '-', '.'], "");
    let name = name.as_str();
    let called = |name: &str| {
        let bare = name.strip_suffix("金额").unwrap_or(name);
        let bare = bare.strip_suffix("amount").unwrap_or(bare);
        let is =
            |it: &&(Component, &[&str])| it.1.iter().any(|it| [name, bare].contains(it));
        NAMES.iter().find(is).map(|name| name.0)
    };
    // 本 and 息 say something behind 还 alone.
    if let (2.., Some(component)) = (name.chars().count(), called(name)) {
        return Some((Side::Own, component));
    }
    SIDES.iter().find_map(|(side, words)| {
        words.iter().find_map(|word| {
            let rest = name.strip_prefix(word).or_else(|| name.strip_suffix(word))?;
            Some((*side, called(rest)?))
        })
    })
}

/// The columns of a list that hold parts.
#[derive(Debug, Default)]
pub(crate) struct Parted(Vec<(usize, Side, Component)>);

impl Parted {
    /// Finds them by their headers, and those that `--map` names.
    pub(crate) fn of(columns: &Columns) -> Self {
        let mapped = MAPPED.iter().filter_map(|(name, component)| {
            Some((columns.place(name)?, Side::Own, *component))
        });
        let others = columns.others.iter().filter_map(|at| {
            let (side, component) = reads(&columns.header_at(*at))?;
            Some((*at, side, component))
        });
        Self(mapped.chain(others).collect())
    }

    /// The columns that are about a row of this kind: of each part those that name the
    /// side of the row, or else those that name none.
    fn about(&self, kind: EntryKind) -> Vec<(usize, Component)> {
        let side = match kind {
            EntryKind::Due => Side::Due,
            EntryKind::Payment => Side::Paid,
            EntryKind::Waiver => Side::Own,
            _ => return Vec::new(),
        };
        let of = |component: Component, side: Side| {
            let found = self.0.iter().filter(move |it| it.1 == side && it.2 == component);
            found.map(move |it| (it.0, component)).collect::<Vec<_>>()
        };
        let columns = Component::ALL.iter().map(|component| {
            let named = of(*component, side);
            if named.is_empty() { of(*component, Side::Own) } else { named }
        });
        columns.flatten().collect()
    }

    /// The parts of a row as they stand there, and whether its columns are all that a
    /// sum can consist of: the principal and something beside it. `None` where the list
    /// or the row tells of none.
    fn stated(
        &self,
        columns: &Columns,
        row: &Row,
        kind: EntryKind,
    ) -> Result<Option<(Components, bool)>, RowFault> {
        let about = self.about(kind);
        let mut parts = Components::NOTHING;
        let mut says_something = false;
        for (at, component) in &about {
            let cell = row.plain(*at);
            let bare = cells::unmarked(&cell).trim();
            if cells::says_nothing(bare) || bare.chars().all(|c| "-—–".contains(c)) {
                continue;
            }
            let header = columns.header_at(*at);
            let amount = columns.amount_at(row, *at);
            let amount = amount.ok_or_else(|| unreadable().of_column(&header))?;
            parts += Components::only(*component, amount);
            says_something = true;
        }
        let has = |wanted: Component| about.iter().any(|it| it.1 == wanted);
        let beside = Component::ALL.iter().filter(|it| has(**it)).count();
        let whole = has(Component::Principal) && 1 < beside;
        Ok(says_something.then_some((parts, whole)))
    }

    /// What the columns of a row come to, for a list that has no column of amounts.
    pub(crate) fn sum(
        &self,
        columns: &Columns,
        row: &Row,
        kind: EntryKind,
    ) -> Result<Option<Fen>, RowFault> {
        let stated = self.stated(columns, row, kind)?;
        Ok(stated.filter(|it| it.1).map(|it| it.0.sum()))
    }

    /// What a row of this kind and amount consists of. `None` where the list does not
    /// say, or has a column of one part alone.
    pub(crate) fn of_row(
        &self,
        columns: &Columns,
        row: &Row,
        kind: EntryKind,
        amount: Fen,
    ) -> Result<Option<Components>, RowFault> {
        match self.stated(columns, row, kind) {
            Ok(Some((parts, _))) if parts.make_up(amount) => Ok(Some(parts)),
            Ok(Some((parts, true))) if amount != Fen(0) => {
                Err(not_the_whole(parts.sum(), amount))
            }
            Err(fault) if self.is_whole(kind) => Err(fault),
            _ => Ok(None),
        }
    }

    /// Whether the list divides rows of this kind.
    pub(crate) fn is_whole(&self, kind: EntryKind) -> bool {
        let about = self.about(kind);
        let has = |wanted: Component| about.iter().any(|it| it.1 == wanted);
        has(Component::Principal) && about.iter().any(|it| it.1 != Component::Principal)
    }
}

/// What a payment, a due item or a waiver is, by the word that the bank has for it.
pub(crate) fn by_word(kind: EntryKind, word: Option<&str>) -> Option<Component> {
    if !matches!(kind, EntryKind::Due | EntryKind::Payment | EntryKind::Waiver) {
        return None;
    }
    match word? {
        "fee" => Some(Component::Cost),
        word => Component::parse(word),
    }
}

fn unreadable() -> RowFault {
    RowFault::new(
        "R063",
        Say::new(
            "本金、利息、罚息或费用的金额读不出来,该行没有入账;请核对这一格",
            "the amount of principal, interest, penalty or costs cannot be read, and the row was not booked; check this cell",
        ),
    )
}

/// The fault of a row whose parts are not its amount.
fn not_the_whole(parts: Fen, amount: Fen) -> RowFault {
    RowFault::new(
        "R063",
        Say::new(
            format!(
                "本金、利息、罚息、费用合计 {parts} 元,与本行金额 {amount} 元不符,没有入账;请核对哪一个记错了,这些列说的不是本行的,改掉列名或删去再导入"
            ),
            format!(
                "principal, interest, penalty and costs come to {parts}, and the row's amount is {amount}; it was not booked: check which is wrong; if those columns are not about this row, rename or remove them and import it again"
            ),
        ),
    )
}

/// The fault of a row that divides money otherwise than it is divided in the book.
pub(crate) fn otherwise() -> RowFault {
    RowFault::new(
        "R064",
        Say::new(
            "这笔账目此前登记的本金、利息、罚息、费用与本行不同,仍按原来的;请核对,原来记错的先用 `qingshou pay --reverse 账目` 冲正再导入本行",
            "this entry is divided otherwise in the book, and stays so; check it: if the book is wrong, take the entry back with `qingshou pay --reverse ENTRY` and import this row again",
        ),
    )
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
            ("本金", Some((Side::Own, Component::Principal))),
            ("其中:利息", Some((Side::Own, Component::Interest))),
            ("应还本金", Some((Side::Due, Component::Principal))),
            ("应还利息(元)", Some((Side::Due, Component::Interest))),
            ("实收本金", Some((Side::Paid, Component::Principal))),
            ("还本", Some((Side::Paid, Component::Principal))),
            ("还息金额", Some((Side::Paid, Component::Interest))),
            ("归还罚息", Some((Side::Paid, Component::Penalty))),
            ("复利", Some((Side::Own, Component::Penalty))),
            ("违约金", Some((Side::Own, Component::Penalty))),
            ("垫付费用", Some((Side::Own, Component::Cost))),
            ("实还诉讼费", Some((Side::Paid, Component::Cost))),
            ("principal_paid", Some((Side::Paid, Component::Principal))),
            ("Interest due", Some((Side::Due, Component::Interest))),
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
    fn the_parts_of_a_row_are_taken_where_they_come_to_its_amount() {
        let header = "金额,应还本金,应还利息,实还本金,实还利息,罚息";
        let table = [
            ("还款,1000,900,300,800,200,", Ok(Some([80_000, 20_000, 0, 0]))),
            ("应还,1200,900,300,,,", Ok(Some([90_000, 30_000, 0, 0]))),
            ("还款,1000,900,300,800,100,", Err("R063")),
            ("还款,1000,900,300,800,二百,", Err("R063")),
            ("还款,1000,900,300,,,", Ok(None)),
            ("还款,1000,900,300,1000,-,", Ok(Some([100_000, 0, 0, 0]))),
            ("放款,1000,900,300,800,200,", Ok(None)),
        ];
        let rows: Vec<&str> = table.iter().map(|it| it.0).collect();
        let expected: Vec<_> = table.iter().map(|it| it.1).collect();
        assert_eq!(read(header, &rows), expected);
    }

    #[test]
    fn penalty_and_compound_interest_are_one_part_and_all_fees_another() {
        let header = "还款金额,本金,利息,罚息,复利,诉讼费,律师费";
        let found = read(header, &["还款,1000,800,150,20,10,15,5"]);
        assert_eq!(found, [Ok(Some([80_000, 15_000, 3_000, 2_000]))]);
    }

    #[test]
    fn a_list_without_a_column_of_amounts_has_what_its_parts_come_to() {
        let found = read("还本,还息", &["还款,800,200", "还款,0,0", "还款,,"]);
        assert_eq!(found, [Ok(Some([80_000, 20_000, 0, 0])), Err("R013"), Err("R010")]);
    }

    #[test]
    fn one_column_of_a_part_alone_divides_nothing_it_does_not_come_to() {
        assert_eq!(read("金额,本金", &["还款,500,50000"]), [Ok(None)], "what was lent");
        assert_eq!(read("金额,利息", &["还款,500,20"]), [Ok(None)]);
        assert_eq!(read("金额,利息", &["还款,20,20"]), [Ok(Some([0, 2_000, 0, 0]))]);
    }

    #[test]
    fn a_row_whose_kind_is_a_part_is_all_of_it() {
        let table = [
            ("归还本金,500", Some([50_000, 0, 0, 0])),
            ("还息,20", Some([0, 2_000, 0, 0])),
            ("应还利息,20", Some([0, 2_000, 0, 0])),
            ("应还本息,520", None),
            ("还款,520", None),
        ];
        for (row, parts) in table {
            assert_eq!(read("金额", &[row]), [Ok(parts)], "{row}");
        }
    }
}
