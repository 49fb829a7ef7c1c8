//! Cases that are set aside (挂起), for `case ls --parked` and `status`.

use std::cell::Cell;

use anyhow::Result;
use runtime::clock::Clock;
use serde_json::{Value, json};
use store::lost_places::LOST_PLACE;
use store::views::parked::{self, Cause, ParkedEntry, ParkedFilter};

use crate::cli::Exit;
use crate::cli::args::Output;
use crate::cli::context::Context;
use crate::cli::output::{self, Printer};
use crate::cli::portions;

/// So many cases of a cause are named.
pub(crate) const NAMED: usize = 3;

/// Lists them, with the reason of each.
pub(crate) async fn list(context: &Context, limit: i64) -> Result<Exit> {
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let columns = ["case_id", "collector", "stages", "last_try", "reason"];
    let printer = Printer::new(&columns, context.output, context.lang);
    let filter = ParkedFilter::default();
    let kinds = Cell::new(Kinds::default());
    let ask = async |after: Option<&ParkedEntry>, limit| {
        Ok(parked::list(conn.conn(), &filter, after, limit).await?)
    };
    let cells = |it: &ParkedEntry| {
        kinds.set(kinds.get().with(it.fingerprint.as_deref()));
        let last_try =
            it.last_at.map(|at| clock.civil(at).strftime("%F %H:%M").to_string());
        Some(vec![
            json!(it.case_no),
            json!(it.collector),
            json!(format!("{}/{}", it.workflow, it.stage)),
            json!(last_try),
            json!(it.message.as_ref().map(|message| context.half(message))),
        ])
    };
    portions::print(printer, limit, ask, cells).await?;
    if context.output == Output::Table {
        for line in kinds.get().what_to_do(context) {
            output::say(&line)?;
        }
    }
    Ok(Exit::Ok)
}

/// Of what kinds the causes are.
#[derive(Clone, Copy, Debug, Default)]
struct Kinds {
    of_scripts: bool,
    of_places: bool,
}

impl Kinds {
    fn with(self, fingerprint: Option<&str>) -> Self {
        let is_place = fingerprint == Some(LOST_PLACE);
        Self {
            of_places: self.of_places || is_place,
            of_scripts: self.of_scripts || !is_place,
        }
    }

    fn what_to_do(self, context: &Context) -> Vec<String> {
        let script = self.of_scripts.then(|| {
            context.text(
                "  下一步:改好所说的脚本,上线后自动继续;不是脚本的问题,主管用 `qingshou case resume 贷款编号 --reason '…'` 恢复一户",
                "  next: mend the script that is named, they go on with its release; where it is not the script, a supervisor lets one go on with `qingshou case resume CASE --reason '…'`",
            )
        });
        let place = self.of_places.then(|| {
            context.text(
                "  下一步:运行的版本没有案件所在的环节;上线有这个环节的版本后自动继续,或由主管用 `qingshou case enrol 贷款编号 流程 --reason '…'` 移入别的流程,用 `qingshou case withdraw 贷款编号 --reason '…'` 退出",
                "  next: the running release lacks the stage in which they stand; they go on with a release that has it, or a supervisor moves one into another workflow with `qingshou case enrol CASE WORKFLOW --reason '…'` or takes it out with `qingshou case withdraw CASE --reason '…'`",
            )
        });
        script.into_iter().chain(place).map(ToOwned::to_owned).collect()
    }
}

/// Why cases are set aside, for `status` and for programs.
pub(crate) fn told(causes: &[Cause]) -> Vec<Value> {
    let told = causes.iter().map(|cause| {
        json!({
            "fingerprint": cause.fingerprint, "message": cause.message, "cases": cause.cases,
            "workflows": cause.workflows, "first": cause.first,
        })
    });
    told.collect()
}

/// The lines of `status`: cause by cause with the first cases, and what to do.
pub(crate) fn lines(context: &Context, causes: &Value) -> Vec<String> {
    let mut kinds = Kinds::default();
    let mut lines = Vec::new();
    for cause in causes.as_array().into_iter().flatten() {
        kinds = kinds.with(cause["fingerprint"].as_str());
        let words = |key: &str| {
            let all = cause[key].as_array().into_iter().flatten();
            let all: Vec<&str> = all.filter_map(Value::as_str).collect();
            all.join(context.text("、", ", "))
        };
        let count = cause["cases"].as_i64().unwrap_or_default();
        let more = i64::try_from(NAMED).is_ok_and(|named| named < count);
        let more = if more { context.text("…", ", …") } else { "" };
        let (workflows, first) = (words("workflows"), words("first"));
        let message = context.half(cause["message"].as_str().unwrap_or_default());
        lines.push(if context.english() {
            format!("  {count} × {message} (workflow {workflows}: {first}{more})")
        } else {
            format!("  {count} × {message}(流程 {workflows}:{first}{more})")
        });
    }
    if !lines.is_empty() {
        lines.push(
            context
                .text(
                    "  全部挂起的案件:`qingshou case ls --parked`",
                    "  all that are parked: `qingshou case ls --parked`",
                )
                .to_owned(),
        );
        lines.extend(kinds.what_to_do(context));
    }
    lines
}
