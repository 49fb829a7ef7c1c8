//! Releases (版本): list, confirm, reload, roll back.

use anyhow::Result;
use serde_json::json;
use store::releases;

use crate::cli::Exit;
use crate::cli::args::{Nothing, Releases, Rollback};
use crate::cli::context::Context;
use crate::cli::output::{self, Sheet};
use crate::clock::Clock;
use crate::office::Request;
use crate::socket;

pub(crate) fn reload(context: &Context, _args: &Nothing) -> Result<Exit> {
    let site = context.site()?;
    let request = Request::Reload { confirm: false };
    let Some(reply) = socket::ask(&site.socket(), context.lang, &request)? else {
        output::complain(context.text(
            "守护进程没有运行\n  提示:启动它时会自动读取流程目录;`qingshou check` 可以先检查",
            "no daemon runs\n  hint: it reads the folder when it starts; `qingshou check` checks it now",
        ));
        return Ok(Exit::NoDaemon);
    };
    context.print(&reply)?;
    Ok(Exit::of_reply(reply.exit))
}

pub(crate) async fn list(context: &Context, args: &Releases) -> Result<Exit> {
    if args.confirm {
        return context.order(&Request::Reload { confirm: true }).await;
    }
    let (site, store) = context.store().await?;
    let clock = Clock::machine(&site.config.zone)?;
    let mut conn = store.read().await?;
    let mut sheet = Sheet::new(&["release", "active", "made_at", "by", "hash"]);
    for it in releases::list(conn.conn()).await? {
        sheet.push(vec![
            json!(it.number),
            json!(it.active),
            json!(clock.civil(it.made_at).to_string()),
            json!(it.by),
            json!(it.hash[..12]),
        ]);
    }
    sheet.print(context.output)?;
    Ok(Exit::Ok)
}

pub(crate) async fn rollback(context: &Context, args: Rollback) -> Result<Exit> {
    let Rollback { number, reason } = args;
    context.order(&Request::Rollback { number, reason }).await
}
