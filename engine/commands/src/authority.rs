//! Who may decide about a case (四眼原则): what protects a debtor, and money that
//! earns a reward, are never in the hands of the case's own collector.

use anyhow::Result;
use domain::ids::CaseId;
use domain::role::Role;
use store::case_book;
use store::holds::persons;
use store::views::one_case;

use crate::app::App;
use crate::language::say;
use crate::{Actor, Rules, refuse};

/// Whether the person is the collector of the case, under whichever of their names the
/// book has it.
pub(super) async fn collects(app: &App, actor: &Actor, case_id: CaseId) -> Result<bool> {
    let mut conn = app.engine.store.read().await?;
    let collector = one_case::collector(conn.conn(), case_id).await?;
    let names = app.engine.names_of(&actor.name);
    Ok(collector
        .is_some_and(|collector| names.iter().any(|name| name == collector.trim())))
}

/// Whether somebody decides where the person only works: what was given to them to look
/// at is not closed by whom they look at.
pub(super) fn is_above(app: &App, actor: &Actor, somebody: &str) -> bool {
    const DECIDE: [Role; 4] =
        [Role::Supervisor, Role::Legal, Role::Compliance, Role::Risk];
    if actor.may(&DECIDE)
        || app.engine.names_of(&actor.name).iter().any(|it| it == somebody)
    {
        return false;
    }
    let roles = app.engine.roles_of(somebody);
    roles.iter().filter_map(|role| Role::parse(role)).any(|it| DECIDE.contains(&it))
}

/// Whether the person is the collector of another loan from which the command lifts a
/// hold that protects the debtor as a person.
async fn collects_beside(
    app: &App,
    actor: &Actor,
    case_id: CaseId,
    rules: &Rules<'_>,
) -> Result<bool> {
    let Some(reason) = rules.lifts else { return Ok(false) };
    let mut conn = app.engine.store.read().await?;
    let of = (case_id, reason.as_str());
    Ok(persons::collectors(conn.conn(), of).await?.contains(&actor.name))
}

/// Whether the person's word makes a payment a confirmed one.
pub(super) async fn may_confirm(
    app: &App,
    actor: &Actor,
    case_id: CaseId,
) -> Result<bool> {
    Ok(actor.may(&[Role::Supervisor]) && !collects(app, actor, case_id).await?)
}

/// Refuses whoever may not decide about a debtor's protection in this case, where only
/// the record tells that a command ends one: a supervisor may, who does not collect it.
pub(super) async fn decides(
    app: &App,
    actor: &Actor,
    case_id: CaseId,
    (zh, en): (&str, &str),
) -> Result<()> {
    if may_confirm(app, actor, case_id).await? {
        return Ok(());
    }
    let name = &actor.name;
    refuse(say(
        format!(
            "{zh},不能由 {name} 解除,没有改动\n  提示:请不是本案信贷员的主管核对后办理"
        ),
        format!(
            "{en}, which {name} cannot end; nothing was changed\n  hint: ask a supervisor \
             who does not collect this case to look and do it"
        ),
    ))
}

/// Refuses the collector of a case whatever ends the debtor's protection.
pub(super) async fn look_at(app: &App, actor: &Actor, rules: &Rules<'_>) -> Result<()> {
    let Some(case_no) = rules.ends_protection_of else { return Ok(()) };
    let found = {
        let mut conn = app.engine.store.read().await?;
        case_book::find_case(conn.conn(), case_no).await?
    };
    // An unknown number is told of where the command is carried out.
    let Some(case_id) = found else { return Ok(()) };
    if collects(app, actor, case_id).await?
        || collects_beside(app, actor, case_id, rules).await?
    {
        let name = &actor.name;
        return refuse(say(
            format!(
                "{name} 是本案信贷员,不能由本人解除保护或放行,没有改动\n  \
                 提示:请另一位主管核对后办理"
            ),
            format!(
                "{name} is the collector of this case and cannot lift its protection or let \
                 it go; nothing was changed\n  hint: ask another supervisor to look and do it"
            ),
        ));
    }
    Ok(())
}
