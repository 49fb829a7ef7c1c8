//! Who has paid (付款人), as a bank's file names them: held against the people of the
//! loan, and never guessed.
//!
//! A guarantor's money begins none of the debtor's periods anew. So only a name that is
//! wholly that of one of the people of the loan, or the word for what they are, is noted;
//! any other changes nothing and is asked about, and one that says nothing (masked, a
//! clearing account, a list of names) is passed over.

use domain::ids::PartyId;
use domain::ledger::Payer;
use domain::party::Role;
use foldhash::HashSet;
use smol_str::SmolStr;
use store::payers::Known;

use super::brackets::{squeeze, stem};
use super::cells;
use super::headers::Columns;
use super::table::Row;

/// The name under which `--map` takes the column.
pub(crate) const MAPPED: &str = "payer";

/// What banks call the column. They are no known columns: a list has several of them as
/// often as not, and is not refused for it.
const COLUMNS: &[&str] = &[
    "paid_by",
    "付款人",
    "付款人姓名",
    "付款人名称",
    "付款人户名",
    "付款方",
    "付款方户名",
    "付款方名称",
    "付款户名",
    "还款人",
    "还款人姓名",
    "还款人名称",
    "缴款人",
    "交款人",
    "对方户名",
    "对方名称",
    "对方账户名称",
    "对方户名名称",
    "交易对手",
    "交易对手名称",
    "交易对手户名",
    "对手户名",
];

/// Accounts through which money passes: whose it was, they do not say.
const CLEARING: &[&str] = &[
    "支付宝",
    "财付通",
    "微信支付",
    "网联",
    "银联",
    "清算",
    "待处理",
    "过渡",
    "应解汇款",
    "代扣",
    "代收",
    "内部户",
    "内部账户",
    "暂收",
    "现金",
    "本金户",
    "利息户",
];

/// Between two names that two columns of one row have.
const UNLIKE: char = '≠';

/// Between the name that a row has and what its word says of the payer.
const BY_WORD: char = '⇐';

/// The columns of a list that name the payer.
#[derive(Debug, Default)]
pub(crate) struct Payers(Vec<usize>);

impl Payers {
    /// The one that `--map` names, or else all that are called so.
    pub(crate) fn of(columns: &Columns) -> Self {
        if let Some(at) = columns.place(MAPPED) {
            return Self(vec![at]);
        }
        let is_one = |at: &usize| {
            let name = stem(&columns.header_at(*at));
            COLUMNS.iter().any(|it| squeeze(it) == name)
        };
        Self(columns.others.iter().copied().filter(is_one).collect())
    }

    /// The name of the payer of a row. `None` where none can be read; where two columns
    /// name two, both, which is nobody's name and so asked about.
    pub(crate) fn of_row(&self, row: &Row) -> Option<SmolStr> {
        let mut found: Option<String> = None;
        for at in &self.0 {
            let mark = row.mark(*at);
            if mark.repeats || mark.spans_rows {
                continue;
            }
            let cell = row.cells.get(*at).unwrap_or_default();
            let Some(name) = cells::text(cell).ok().flatten() else { continue };
            match &found {
                Some(first) if whole(first) == whole(&name) => {}
                // A clearing account beside a name takes nothing from it.
                Some(_) if says_nothing(&whole(&name)) => {}
                Some(first) if !says_nothing(&whole(first)) => {
                    found = Some(format!("{first}{UNLIKE}{name}"));
                }
                Some(_) | None => found = Some(name),
            }
        }
        found.map(SmolStr::from)
    }
}

/// Paid in the debtor's place, by whoever answers for the debt.
const IN_THEIR_PLACE: &str = "代偿";

/// Who has paid by the word of a row that names nobody: `保证人代偿` is no payment of the
/// debtor's.
pub(crate) fn of_kind(word: &str) -> Option<SmolStr> {
    let named =
        ["保证人", "担保人", IN_THEIR_PLACE].into_iter().find(|it| word.contains(it));
    named.map(SmolStr::new_static)
}

/// What a row tells of its payer, by its columns and its word.
pub(crate) fn told(name: Option<SmolStr>, word: Option<SmolStr>) -> Option<SmolStr> {
    match (name, word) {
        (Some(name), Some(word)) => Some(SmolStr::from(format!("{name}{BY_WORD}{word}"))),
        (name, word) => name.or(word),
    }
}

/// Whose money a payment was, by the name on the bank's row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Read {
    /// Somebody of the loan, by name or by what they are to it.
    One(Payer, Option<PartyId>),
    /// Nobody of the loan.
    Stranger,
    /// It does not say.
    Unsaid,
}

/// The name without blanks.
fn whole(name: &str) -> String {
    cells::plain(name).chars().filter(|c| !c.is_whitespace()).collect()
}

/// A name without the bracket behind it, and what stands in that.
fn parted(name: &str) -> Option<(&str, &str)> {
    let (before, inside) = name.strip_suffix(')')?.rsplit_once('(')?;
    (!before.is_empty()).then_some((before, inside))
}

/// What somebody is to the loan, by the word for it.
fn role(word: &str) -> Option<Payer> {
    match word.to_lowercase().as_str() {
        "本人" | "客户本人" | "借款人" | "借款人本人" | "borrower" => {
            Some(Payer::Borrower)
        }
        "保证人" | "担保人" | "guarantor" => Some(Payer::Guarantor),
        _ => None,
    }
}

/// Whether a name is masked (示*甲): never anybody's.
fn is_masked(name: &str) -> bool {
    let is_mark = |it: char| "*×※xX●?".contains(it);
    name.contains(is_mark)
        && !name.chars().all(|c| c.is_ascii_alphabetic() || c.is_ascii_punctuation())
        || name.contains(['*', '?'])
}

/// Whether a name is that of several, a number or an account through which money passes.
fn says_nothing(name: &str) -> bool {
    name.chars().all(|c| !c.is_alphabetic())
        || name.contains(['/', ',', ';', '|', '、', '&', '+'])
        || CLEARING.iter().any(|it| name.contains(it))
}

/// As whom somebody pays. An heir answers for the debt, and yet what they pay is not the
/// debtor's word that it stands.
fn payer_of(role: Role) -> Payer {
    match role {
        Role::Guarantor => Payer::Guarantor,
        role if role.shares_the_debtors_clock() => Payer::Borrower,
        _ => Payer::ThirdParty,
    }
}

/// Whose money it was, by the payer's name and the people of the loan.
pub(crate) fn read(name: &str, people: &[Known]) -> Read {
    if let Some((name, word)) = name.split_once(BY_WORD) {
        return match read(name, people) {
            Read::Unsaid => read(word, people),
            // Paid in the borrower's place, and by the borrower: one of them is a slip.
            Read::One(Payer::Borrower, _) => Read::Stranger,
            other => other,
        };
    }
    let name = whole(name);
    if let Some(payer) = role(&name) {
        return Read::One(payer, None);
    }
    if name == IN_THEIR_PLACE {
        let has_guarantor = people.iter().any(|it| it.role == Role::Guarantor);
        let payer = if has_guarantor { Payer::Guarantor } else { Payer::ThirdParty };
        return Read::One(payer, None);
    }
    // Where the borrower has no name nobody can be told from a stranger.
    let has_borrower =
        people.iter().any(|it| it.role == Role::Borrower && !is_masked(&whole(&it.name)));
    if !has_borrower || is_masked(&name) || name.contains(['/', ',', ';', '|', '、']) {
        return Read::Unsaid;
    }
    if name.contains(UNLIKE) {
        return Read::Stranger;
    }
    if let Some(found) = named(&name, people) {
        return found;
    }
    let found =
        parted(&name).and_then(|(name, inside)| Some((named(name, people)?, inside)));
    match found {
        // 示例甲(代示例乙), and a guarantor who is said to be the borrower.
        Some((Read::One(payer, _), inside))
            if inside.contains('代') || role(inside).is_some_and(|it| it != payer) =>
        {
            Read::Unsaid
        }
        Some((found, _)) => found,
        None if says_nothing(&name) => Read::Unsaid,
        None => Read::Stranger,
    }
}

/// Whoever of the people has a name. `None` where nobody has.
fn named(name: &str, people: &[Known]) -> Option<Read> {
    let same: Vec<&Known> = people.iter().filter(|it| whole(&it.name) == name).collect();
    let payers: HashSet<Payer> = same.iter().map(|it| payer_of(it.role)).collect();
    let one = same.first()?;
    Some(match payers.len() {
        1 => Read::One(payer_of(one.role), Some(one.party)),
        // A guarantor who has the borrower's name: which of them, nobody can say.
        _ => Read::Unsaid,
    })
}

#[cfg(test)]
mod tests {
    use domain::ids::CaseId;

    use super::*;

    fn known(party: i64, role: Role, name: &str) -> Known {
        let (case_id, party) = (CaseId(1), PartyId(party));
        Known { case_id, party, role, name: name.to_owned() }
    }

    #[test]
    fn a_payer_is_whoever_of_the_loan_has_the_whole_name_and_never_guessed() {
        let people = [
            known(1, Role::Borrower, "示例甲"),
            known(2, Role::Guarantor, "示例乙"),
            known(3, Role::SpouseJoint, "示例丙"),
            known(4, Role::UnrelatedThirdParty, "示例丁"),
            known(5, Role::Guarantor, "示例(北京)银联商贸有限公司"),
            known(6, Role::Guarantor, "示例中心(有限合伙)"),
            known(7, Role::Guarantor, "示*己"),
        ];
        let one = |payer, party| Read::One(payer, Some(PartyId(party)));
        let table = [
            ("示例甲", one(Payer::Borrower, 1)),
            (" 示例 甲 (个人)", one(Payer::Borrower, 1)),
            ("示例乙", one(Payer::Guarantor, 2)),
            ("示例乙(保证人)", one(Payer::Guarantor, 2)),
            ("示例丙", one(Payer::Borrower, 3)),
            ("示例丁", one(Payer::ThirdParty, 4)),
            ("示例(北京)银联商贸有限公司", one(Payer::Guarantor, 5)),
            ("示例中心(有限合伙)", one(Payer::Guarantor, 6)),
            ("本人", Read::One(Payer::Borrower, None)),
            ("客户本人", Read::One(Payer::Borrower, None)),
            ("Borrower", Read::One(Payer::Borrower, None)),
            ("担保人", Read::One(Payer::Guarantor, None)),
            ("示例戊", Read::Stranger),
            ("示例", Read::Stranger),
            ("示例中心", Read::Stranger),
            ("示例·甲", Read::Stranger),
            ("示例(上海)银行股份有限公司", Read::Stranger),
            ("示例乙(借款人)", Read::Unsaid),
            ("示例乙(代示例甲)", Read::Unsaid),
            ("示例甲/示例乙", Read::Unsaid),
            ("示例甲、示例乙", Read::Unsaid),
            ("示例甲,示例乙", Read::Unsaid),
            ("示*甲", Read::Unsaid),
            ("示*己", Read::Unsaid),
            ("6222000012345678", Read::Unsaid),
            ("财付通支付科技有限公司", Read::Unsaid),
            ("待清算资金", Read::Unsaid),
            ("现金", Read::Unsaid),
            ("贷款本金户", Read::Unsaid),
        ];
        for (name, expected) in table {
            assert_eq!(read(name, &people), expected, "{name}");
        }
    }

    #[test]
    fn two_of_one_name_and_a_borrower_without_any_leave_it_open() {
        let namesakes =
            [known(1, Role::Borrower, "示例甲"), known(2, Role::Guarantor, "示例甲")];
        assert_eq!(read("示例甲", &namesakes), Read::Unsaid);
        let nameless = [known(2, Role::Guarantor, "示例乙")];
        assert_eq!(read("示例甲", &nameless), Read::Unsaid);
        let masked = [known(1, Role::Borrower, "示**")];
        assert_eq!(read("示例甲", &masked), Read::Unsaid);
        assert_eq!(read("示**", &masked), Read::Unsaid);
    }
}
