//! Cases that were looked for (查找案件), as `case ls --search` prints them.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use domain::ids::CaseId;
use runtime::clock::Clock;
use serde_json::{Value, json};
use store::views::case_head::{self, CaseHead};
use store::views::people::Face;
use store::views::search::{self, FoundCase, Sought};

use crate::cli::Exit;
use crate::cli::context::Context;
use crate::cli::output::Printer;
use crate::cli::{people, portions};

/// A case that was found, with what is shown of it; `None` for one that was shown before.
struct Found {
    case: FoundCase,
    shown: Option<(CaseHead, Option<Face>)>,
}

pub(super) async fn list(context: &Context, typed: &str, limit: i64) -> Result<Exit> {
    let Some(sought) = Sought::of(typed) else {
        bail!(context.text(
            "没有写明查找什么\n  提示:写姓名、拼音首字母、电话末几位、贷款编号、村或信贷员",
            "nothing is said that could be looked for\n  hint: a name, its initials, last digits of a telephone, a loan number, a village or a collector",
        )
        .to_owned());
    };
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let today = clock.now().today();
    let mut conn = store.read().await?;
    let mut columns = vec![
        "case_id",
        "village",
        "collector",
        "days_past_due",
        "overdue_amount",
        "holds",
    ];
    columns.extend(people::columns(context.output));
    let printer = Printer::new(&columns, context.output, context.lang);
    let mut met: BTreeSet<CaseId> = BTreeSet::new();
    let ask = async |after: Option<&Found>, limit| {
        let after = after.map(|it| &it.case);
        let found = search::list(conn.conn(), &sought, after, limit).await?;
        let new: Vec<CaseId> =
            found.iter().map(|it| it.case).filter(|case| met.insert(*case)).collect();
        let mut heads = case_head::of_cases(conn.conn(), today, &new).await?;
        let mut faces = people::faces(conn.conn(), &clock, &new).await?;
        let with_face = |case: FoundCase| {
            let head = heads.remove(&case.case);
            let shown = head.map(|head| (head, faces.remove(&case.case)));
            Found { case, shown }
        };
        Ok(found.into_iter().map(with_face).collect())
    };
    let cells = |found: &Found| {
        let (CaseHead { facts, .. }, face) = found.shown.as_ref()?;
        let mut row: Vec<Value> = vec![
            json!(facts.case_no),
            json!(facts.village),
            json!(facts.collector),
            json!(facts.days_past_due),
            json!(facts.overdue.to_string()),
            json!(facts.holds.join(",")),
        ];
        row.extend(people::row(face.as_ref(), context.output, context.lang));
        Some(row)
    };
    portions::print(printer, limit, ask, cells).await?;
    Ok(Exit::Ok)
}
