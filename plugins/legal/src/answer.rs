//! What an entry about a loan has done to its clocks (登记的效果): which day moved, or why
//! none did and what is to be done next.

use domain::ids::{CaseId, PartyId};
use domain::limitation::ClockActKind;
use domain::party::{GuaranteeKind, Person, Role};
use domain::tongues::both;
use jiff::civil::Date;
use store::facts;
use store::plugin::{Books, BooksError};

use crate::acts::What;

/// The clocks of a loan as they stand.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Clocks {
    /// The last day of the limitation period against the debtor, as proved.
    debtor: Option<Date>,
    /// The guarantors, in the order in which scripts count them.
    guarantors: Vec<Guarantor>,
}

/// The clocks of one guarantor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Guarantor {
    party: PartyId,
    kind: Option<GuaranteeKind>,
    /// The last day of the guarantee period.
    ends_on: Option<Date>,
    /// When they were held to it within the period.
    held_on: Option<Date>,
    /// The last day of the limitation period against them.
    limitation: Option<Date>,
}

impl Clocks {
    /// Those of a case on a day.
    pub(crate) async fn of(
        books: &mut Books<'_>,
        case: CaseId,
    ) -> Result<Self, BooksError> {
        let mut found = facts::load(books.conn, books.today, &[case.0]).await?;
        let Some(case) = found.remove(&case) else { return Ok(Self::default()) };
        let guarantor = |it: &Person| Guarantor {
            party: it.id,
            kind: it.guarantee,
            ends_on: it.guarantee_ends_on,
            held_on: it.guarantee_held_on,
            limitation: it.limitation_ends_on,
        };
        let all = case.others.iter().filter(|it| it.role == Role::Guarantor);
        let mut guarantors: Vec<Guarantor> = all.map(guarantor).collect();
        guarantors.sort_by_key(|guarantor| guarantor.party);
        Ok(Self { debtor: case.limitation_ends_on, guarantors })
    }
}

/// What whoever entered an act is told: how each clock stands that it was about.
pub(crate) fn told(
    what: What,
    (on, party): (Date, Option<PartyId>),
    before: &Clocks,
    after: &Clocks,
) -> String {
    let mut lines = Vec::new();
    let is_of_guarantors = matches!(
        what,
        What::Act(
            ClockActKind::GuarantorConsented
                | ClockActKind::GuarantorDemanded
                | ClockActKind::EnforcedInVain
        )
    );
    if !is_of_guarantors {
        lines.push(of_debtor(what, on, before, after));
    }
    for (at, now) in after.guarantors.iter().enumerate() {
        let was = before.guarantors.iter().find(|guarantor| guarantor.party == now.party);
        let is_meant = is_of_guarantors && party.is_none_or(|party| party == now.party);
        if is_meant || was != Some(now) {
            lines.push(of_guarantor(what, (at + 1, on), was, now));
        }
    }
    joined(&lines)
}

/// Lines in both languages as one.
fn joined(lines: &[String]) -> String {
    let half =
        |of: fn(&str) -> String| lines.iter().map(|line| of(line)).collect::<Vec<_>>();
    let zh = half(domain::tongues::chinese).join(";");
    both(&zh, &half(domain::tongues::english).join("; "))
}

fn of_debtor(what: What, on: Date, before: &Clocks, after: &Clocks) -> String {
    let Some(day) = after.debtor else {
        return both(
            "诉讼时效未知:请登记合同到期日(legal contract)",
            "the limitation period is not known: enter the contract's last day (legal contract)",
        );
    };
    if before.debtor != after.debtor {
        return match before.debtor {
            Some(was) => both(
                &format!("诉讼时效(已证明)至 {day}(原至 {was})"),
                &format!("limitation period, as proved, until {day} (before: {was})"),
            ),
            None => both(
                &format!("诉讼时效(已证明)至 {day}"),
                &format!("limitation period, as proved, until {day}"),
            ),
        };
    }
    let (zh, en) = why_unmoved(what, on, day);
    both(
        &format!("诉讼时效没有变动,仍至 {day}:{zh}"),
        &format!("limitation period unmoved, until {day}: {en}"),
    )
}

/// Why an act left the debtor's clock where it was, and what is next.
fn why_unmoved(what: What, on: Date, day: Date) -> (&'static str, &'static str) {
    if day < on {
        return (
            "该日时效已过,届满后重新签订的协议用 legal agreed 登记",
            "it was over by then; a new agreement after its end is entered with legal agreed",
        );
    }
    match what {
        What::Act(ClockActKind::Accelerated) => (
            "已有更晚的起算日;起诉时按全部本息计算诉请",
            "it runs from a later day already; a suit claims the whole debt from now on",
        ),
        What::Act(ClockActKind::AgreedAnew) => (
            "时效还没有届满,这不是新债务;借款人签的展期用 legal extended,承诺还款用 promise 登记",
            "the period still runs, so it is no new debt; an extension is entered with legal \
             extended, a promise with promise",
        ),
        What::Act(ClockActKind::Suspended) => (
            "障碍不在最后六个月内,不中止",
            "the obstacle is not within the last six months and suspends nothing",
        ),
        _ => ("已有更晚或同日的证据", "there is proof of the same day or a later one"),
    }
}

fn of_guarantor(
    what: What,
    (at, on): (usize, Date),
    was: Option<&Guarantor>,
    now: &Guarantor,
) -> String {
    let (kind_zh, kind_en) = match now.kind {
        Some(GuaranteeKind::Joint) => ("连带", "joint"),
        Some(GuaranteeKind::General) => ("一般", "general"),
        None => ("方式未登记", "kind not on record"),
    };
    let (mut zh, mut en) =
        (format!("第 {at} 位保证人({kind_zh})"), format!("guarantor {at} ({kind_en}): "));
    let (state_zh, state_en) = match (now.held_on, now.limitation, now.ends_on) {
        (Some(held), Some(day), _) => (
            format!("已于 {held} 保住,对其诉讼时效至 {day}"),
            format!("held on {held}, limitation against them until {day}"),
        ),
        (Some(held), None, _) => (
            format!("已于 {held} 保住,先就借款人执行"),
            format!("held on {held}; the borrower is enforced against first"),
        ),
        (None, _, Some(day)) => (
            format!("保证期间至 {day},尚未保住"),
            format!("guarantee period until {day}, not held yet"),
        ),
        (None, _, None) => (
            "保证期间未知,请登记合同到期日(legal contract)".to_owned(),
            "guarantee period not known: enter the contract's last day (legal contract)"
                .to_owned(),
        ),
    };
    zh.push_str(&state_zh);
    en.push_str(&state_en);
    if was == Some(now)
        && let Some((why_zh, why_en)) = why_no_effect(what, on, now)
    {
        zh = format!("{zh};本次登记没有改变:{why_zh}");
        en = format!("{en}; unchanged by this entry: {why_en}");
    }
    both(&zh, &en)
}

/// Why an act left a guarantor's clock where it was, and what is next.
fn why_no_effect(
    what: What,
    on: Date,
    now: &Guarantor,
) -> Option<(&'static str, &'static str)> {
    let is_over = now.held_on.is_none() && now.ends_on.is_some_and(|day| day < on);
    match what {
        What::Act(ClockActKind::GuarantorDemanded) if is_over => Some((
            "保证期间已过,此后的主张不起作用(民法典 693 条)",
            "the period was over, and a demand after it holds nobody (Civil Code 693)",
        )),
        What::Act(ClockActKind::GuarantorDemanded)
            if now.kind == Some(GuaranteeKind::General) =>
        {
            Some((
                "一般保证人不因主张而保住,须在期间内起诉借款人(民法典 693 条第 1 款)",
                "a demand holds no general guarantor: sue the borrower within the period \
                 (Civil Code 693)",
            ))
        }
        What::Act(ClockActKind::GuarantorDemanded) => Some((
            "已有更晚或同日的主张",
            "a demand of the same day or a later one is on record",
        )),
        What::Act(ClockActKind::GuarantorConsented) => Some((
            "没有到这一天的展期在册,请先登记借款人签字的展期(legal extended)",
            "no extension to that day is on record: enter the one that the borrower signed \
             first (legal extended)",
        )),
        What::Act(ClockActKind::EnforcedInVain) => Some((
            "连带保证人没有先诉抗辩权;一般保证人须先在期间内起诉借款人",
            "a joint guarantor never could refuse; a general one is held first, by a suit \
             against the borrower within the period",
        )),
        _ => None,
    }
}
