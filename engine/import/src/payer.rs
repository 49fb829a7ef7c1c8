//! Who has paid (付款人), as a bank's file names them: held against the people of the
//! loan, and never guessed.
//!
//! A guarantor's money, and a stranger's, begins none of the debtor's periods anew. So a
//! name that is none of theirs counts as a stranger's until somebody says who it is, and
//! one that says nothing (masked, a clearing account) is not noted at all.

use domain::ids::PartyId;
use domain::ledger::Payer;
use domain::party::Role;
use foldhash::HashSet;
use smol_str::SmolStr;
use store::payers::Known;

use super::cells;
use super::fault::RowFault;
use super::headers::Columns;
use super::table::Row;

/// What banks call the column.
pub(crate) const COLUMNS: &[&str] = &[
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
];

/// The name of the payer of a row.
pub(crate) fn of_row(columns: &Columns, row: &Row) -> Result<Option<SmolStr>, RowFault> {
    Ok(columns.text(row, "payer")?.map(SmolStr::from))
}

/// Whose money a payment was, by the name on the bank's row.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Read {
    /// Somebody of the loan.
    One(Payer, PartyId),
    /// Nobody of the loan.
    Stranger,
    /// It does not say.
    Unsaid,
}

/// The name without what banks put around it: blanks, marks, what stands in brackets.
fn bare(name: &str) -> String {
    let plain = cells::plain(name);
    let name = plain.split(['(', '(', '[', '【', '/']).next().unwrap_or(&plain);
    name.chars().filter(|c| !c.is_whitespace() && !"·•.-".contains(*c)).collect()
}

/// Whether a name is masked (示*甲), is a number or an account through which money passes.
fn says_nothing(name: &str) -> bool {
    let is_mark = |it: char| "*×※xX●?".contains(it);
    name.chars().all(|c| c.is_ascii_digit())
        || name.contains(is_mark) && !name.chars().all(|c| c.is_ascii_alphabetic())
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
    let name = bare(name);
    // Of a loan whose borrower has no name nobody can be told from a stranger.
    let has_borrower = people.iter().any(|person| {
        person.role == Role::Borrower && !says_nothing(&bare(&person.name))
    });
    if says_nothing(&name) || !has_borrower {
        return Read::Unsaid;
    }
    let same: Vec<&Known> =
        people.iter().filter(|person| bare(&person.name) == name).collect();
    let payers: HashSet<Payer> = same.iter().map(|it| payer_of(it.role)).collect();
    match (same.first(), payers.len()) {
        (None, _) => Read::Stranger,
        (Some(one), 1) => Read::One(payer_of(one.role), one.party),
        // A guarantor who has the borrower's name: which of them, nobody can say.
        _ => Read::Unsaid,
    }
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
    fn a_payer_is_whoever_of_the_loan_has_the_name_and_never_guessed() {
        let people = [
            known(1, Role::Borrower, "示例甲"),
            known(2, Role::Guarantor, "示例乙"),
            known(3, Role::SpouseJoint, "示例丙"),
            known(4, Role::UnrelatedThirdParty, "示例丁"),
            known(5, Role::Guarantor, "示例甲村合作社"),
        ];
        let one = |payer, party| Read::One(payer, PartyId(party));
        let table = [
            ("示例甲", one(Payer::Borrower, 1)),
            (" 示例 甲 (个人)", one(Payer::Borrower, 1)),
            ("示例乙", one(Payer::Guarantor, 2)),
            ("示例丙", one(Payer::Borrower, 3)),
            ("示例丁", one(Payer::ThirdParty, 4)),
            ("示例甲村合作社", one(Payer::Guarantor, 5)),
            ("示例戊", Read::Stranger),
            ("示例", Read::Stranger),
            ("示*甲", Read::Unsaid),
            ("6222000012345678", Read::Unsaid),
            ("财付通支付科技有限公司", Read::Unsaid),
            ("待清算资金", Read::Unsaid),
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
    }
}
