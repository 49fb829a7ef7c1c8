//! Taking stock (清点): a person answers for a store that was put back, with what left
//! since.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use runtime::restored::Stock;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::command::CHIEFS;
use crate::language::say;
use crate::restore::read_logs;
use crate::{Actor, Answer, Done, Execute, Rules};

/// Take stock of a store that was put back, and answer for it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TakeStock {
    /// Logs of gateways, and of departures that lie elsewhere.
    pub logs: Vec<PathBuf>,
    /// The same as whoever asks has opened them, as for an import.
    #[serde(skip)]
    pub opened: Vec<Arc<File>>,
    /// Why.
    pub reason: String,
}

impl Execute for TakeStock {
    type Data = Stock;

    fn rules(&self) -> Rules<'_> {
        Rules::of(CHIEFS).because(&self.reason).always_taken()
    }

    async fn execute(&self, app: &App, actor: &Actor) -> Done<Self::Data> {
        let Self { logs: named, opened, reason } = self;
        let Some(found) = app.engine.store.set_back() else {
            bail!(say(
                "这个案件库没有被换成旧的,也没有未完成的恢复,没有改动",
                "this store was not put back, and no restore waits; nothing was changed",
            ));
        };
        let logs = read_logs(named, opened)?;
        let stock = app.engine.take_stock(&found, logs, &actor.name, reason).await?;
        app.answered_for.notify_one();
        let (delivered, unknown, noted) = (stock.delivered, stock.unknown, stock.noted);
        let mut text = say(
            format!(
                "已核对:{delivered} 条指令早已送达,{unknown} 条结果不明须由人核实,另有 {noted} 次\
                 送出补记在案,不会再寄"
            ),
            format!(
                "taken stock: {delivered} orders had arrived, {unknown} are unknown and a person has \
                 to find out, {noted} more that left are on record now and do not leave again"
            ),
        );
        if unknown != 0 {
            text.push_str(&say(
                "\n  下一步:`qingshou order ls --status unknown`;查实送达用 `qingshou order arrived \
                 编号 --reason '…'`,没有送达用 `qingshou order retry`,不再送用 `qingshou order drop`",
                "\n  next: `qingshou order ls --status unknown`; what arrived: `qingshou order arrived \
                 NUMBER --reason '…'`, what did not: `qingshou order retry`, what is not to go: \
                 `qingshou order drop`",
            ));
        }
        if 0 < stock.nobodys {
            let nobodys = stock.nobodys;
            text.push_str(&say(
                format!(
                    "\n  网关收下的 {nobodys} 条不属于备份里的任何指令:流程会把它们重新下达,                 请先按网关的清单逐笔核对,再放行"
                ),
                format!(
                    "\n  {nobodys} messages that the gateway took belong to no order of the backup: \
                     the procedures will give them anew, so look them up in the gateway's list \
                     before letting go"
                ),
            ));
        }
        if stock.stop.is_some() {
            text.push_str(&say(
                "\n  没有完整的离库记录,全部停发:向网关核对备份之后送出了什么,再用 `qingshou \
                 resume all --reason '…'` 放行",
                "\n  there is no whole log of departures, so all sending is stopped: ask the gateways \
                 what left after the backup, then `qingshou resume all --reason '…'`",
            ));
        }
        Ok(Answer { text, data: stock })
    }
}
