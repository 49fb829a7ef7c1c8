//! What a proceeding does to the clocks of its loan (诉讼程序对期限的影响): by its steps as
//! they stand, so that a step which is taken back takes its effect along.

use domain::ids::CaseId;
use domain::limitation::{ClockAct, ClockActKind, Evidence, InterruptionKind};
use jiff::civil::Date;
use store::clock_acts::{self, Withdrawn};
use store::limitation;
use store::plugin::{Books, BooksError};

use crate::acts;
use crate::clock;
use crate::manifest::MANIFEST;
use crate::outcome::CloseReason;
use crate::proceeding::{Proceeding, Stage, Step, StepKind};

/// What the steps of a proceeding come to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Effects {
    /// What they do to guarantors, each with its place among the steps.
    acts: Vec<(i64, ClockAct)>,
    /// What they interrupt the period by, each with its place and day.
    interruptions: Vec<(i64, StepKind, Date)>,
}

impl Effects {
    /// Those of a proceeding, as it was opened, by its steps and their places.
    pub(crate) fn of(mut opened: Proceeding, steps: &[(i64, Step)]) -> Self {
        let mut effects = Self::default();
        for (seq, step) in steps {
            let before_the_suit = opened.stage == Stage::Opened;
            opened.take(step);
            let interrupts = match step.kind {
                StepKind::Filed | StepKind::Enforcement => true,
                StepKind::Preserved => before_the_suit,
                _ => false,
            };
            if interrupts {
                effects.interruptions.push((*seq, step.kind, step.on));
            }
            if let Some(kind) = of_enforcement(step)
                && effects.acts.iter().all(|(_, act)| act.kind != kind)
            {
                effects.acts.push((*seq, ClockAct::new(kind, step.on)));
            }
        }
        let newest = steps.last().map_or(0, |it| it.0);
        // A payment order that has become a suit was one from its application on.
        if let (true, Some((on, _))) = (opened.is_suit(), &opened.filed) {
            let filed = steps.iter().find(|step| step.1.kind == StepKind::Filed);
            let sued = ClockAct::new(ClockActKind::DebtorSued, *on);
            effects.acts.push((filed.map_or(newest, |it| it.0), sued));
            if let Some(on) = opened.gone_on() {
                let gone = ClockAct::new(ClockActKind::SuitWithdrawn, on);
                effects.acts.push((newest, gone));
            }
        }
        effects
    }
}

/// What a step of the enforcement does to general guarantors; the first of each sort
/// counts.
///
/// Source: Civil Code article 694, first paragraph; interpretation on security
/// (担保制度解释), article 28, first paragraph.
fn of_enforcement(step: &Step) -> Option<ClockActKind> {
    let reason = step.word.as_deref().and_then(CloseReason::parse);
    match step.kind {
        StepKind::Enforcement => Some(ClockActKind::EnforcementApplied),
        StepKind::Terminated => Some(ClockActKind::EnforcedInVain),
        StepKind::Closed => (reason == Some(CloseReason::NoAssets))
            .then_some(ClockActKind::EnforcedInVain),
        _ => None,
    }
}

/// Brings the clocks of the loan to what the steps of a proceeding have made of them:
/// writes what is new, and withdraws what is not so any more.
pub(crate) async fn follow(
    books: &mut Books<'_>,
    case: CaseId,
    proceeding: &Proceeding,
    effects: &Effects,
    by: &str,
) -> Result<(), BooksError> {
    let matter = format!("{}{}", acts::OF_PROCEEDING, proceeding.matter);
    let mut gone = Withdrawn::default();
    let mut acts = effects.acts.clone();
    for it in acts::standing(books, case).await? {
        let paper = it.paper.as_deref().unwrap_or_default();
        if !belongs(paper, &matter) {
            continue;
        }
        match acts.iter().position(|(_, act)| *act == it.act) {
            Some(at) => drop(acts.swap_remove(at)),
            None => gone.acts.push(it.id),
        }
    }
    let mut interruptions = effects.interruptions.clone();
    for (id, on, key) in limitation::standing(books.conn, case, MANIFEST.name).await? {
        if !belongs(&key, &matter) {
            continue;
        }
        let is_of = |(seq, kind, day): &(i64, StepKind, Date)| {
            let is_first = *kind == StepKind::Filed && key == matter;
            *day == on && (is_first || key == key_of(&matter, *kind, *seq))
        };
        match interruptions.iter().position(is_of) {
            Some(at) => drop(interruptions.swap_remove(at)),
            None => gone.interruptions.push(id),
        }
    }
    clock_acts::withdraw(books.conn, case, &gone, by).await?;
    for (seq, kind, on) in interruptions {
        let key = key_of(&matter, kind, seq);
        let what = InterruptionKind::SuedOrEquivalent;
        clock::restart(books, case, on, what, Evidence::CourtPaper, key).await?;
    }
    for (seq, act) in acts {
        acts::write(books, case, Some(&format!("{matter}:{seq}")), &[act]).await?;
    }
    Ok(())
}

/// Whether a key or the name of a paper is of a proceeding.
fn belongs(key: &str, matter: &str) -> bool {
    key.strip_prefix(matter).is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
}

fn key_of(matter: &str, kind: StepKind, seq: i64) -> String {
    format!("{matter}:{kind}:{seq}")
}
