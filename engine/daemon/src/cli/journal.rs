//! The journal for auditors (日志导出): JSON lines, oldest first.

use std::io::{BufWriter, Write};

use anyhow::Result;
use commands::journal_lines::write_lines;
use commands::named::case_named;

use crate::cli::Exit;
use crate::cli::args::{Journal, JournalWhat};
use crate::cli::context::Context;

pub(crate) async fn export(context: &Context, args: &Journal) -> Result<Exit> {
    let JournalWhat::Export { case } = &args.what;
    let (_, store) = context.store().await?;
    let mut conn = store.read().await?;
    let case_id = match case {
        Some(number) => Some(case_named(conn.conn(), number).await?),
        None => None,
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let done = write_lines(conn.conn(), case_id, &mut out).await;
    match done.and_then(|()| Ok(out.flush()?)) {
        Err(error) if is_broken_pipe(&error) => Ok(Exit::Ok),
        Err(error) => Err(error),
        Ok(()) => Ok(Exit::Ok),
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    let json = error.downcast_ref::<serde_json::Error>();
    io.is_some_and(|it| it.kind() == std::io::ErrorKind::BrokenPipe)
        || json.is_some_and(|json| {
            json.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe)
        })
}
