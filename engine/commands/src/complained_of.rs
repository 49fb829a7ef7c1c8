//! Whom a complaint is about (被投诉人): named when it is entered, and without a part in
//! the work that it gives.

use anyhow::Result;
use domain::event::EventKind;
use domain::ids::CaseId;
use plugins_on::words::EVENTS;
use store::views::one_case;

use crate::app::App;
use crate::language::say;
use crate::{refuse, staff};

/// Whom of the staff a complaint is about, by the name that the settings have for them:
/// whoever was named, else the collector of the case. `None` for other reports.
///
/// # Errors
///
/// Somebody is named whom nobody knows, or in a report that is about nobody.
pub(super) async fn named(
    app: &App,
    kind: EventKind,
    case_id: CaseId,
    typed: Option<&str>,
) -> Result<Option<String>> {
    if kind != EventKind::Complaint {
        return match typed {
            None => Ok(None),
            Some(_) => refuse(say(
                format!(
                    "{} 不写 --about,没有改动\n  提示:--about 只用于投诉,写被投诉的工作人员",
                    EVENTS.zh(kind.as_str())
                ),
                format!(
                    "`{kind}` is about nobody of the staff; nothing was changed\n  hint: --about \
                     is for a complaint and names whom it is about"
                ),
            )),
        };
    }
    let Some(typed) = typed.map(str::trim).filter(|it| !it.is_empty()) else {
        let mut conn = app.engine.store.read().await?;
        let collector = one_case::collector(conn.conn(), case_id).await?;
        let collector = collector.filter(|name| !name.trim().is_empty());
        return Ok(collector.map(|name| app.engine.called(&name)));
    };
    Ok(Some(staff::known(app, typed, "--about").await?))
}

/// Says whom a complaint is taken to be about, for it may be somebody else.
pub(super) fn told(about: Option<&str>) -> String {
    let Some(name) = about else { return String::new() };
    say(
        format!("\n  被投诉人:{name},不经办这件投诉(是别人的,登记时加 --about 姓名)"),
        format!(
            "\n  about: {name}, who has no part in it (if it is about somebody else, enter it \
             with --about NAME)"
        ),
    )
}
