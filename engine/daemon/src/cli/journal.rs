//! The journal for auditors (日志导出): JSON lines, oldest first.

use std::io::{BufWriter, Write};

use anyhow::Result;
use commands::named::case_named;
use sha2::{Digest, Sha256};
use store::{Conn, journal};

use crate::cli::Exit;
use crate::cli::args::{Journal, JournalWhat};
use crate::cli::context::Context;

/// Lines read together.
const PAGE: i64 = 5_000;

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

/// Writes every line of the journal, or of one case, as one JSON object.
pub(crate) async fn write_lines(
    conn: &mut Conn,
    case: Option<domain::ids::CaseId>,
    out: &mut impl Write,
) -> Result<()> {
    let mut after = 0;
    loop {
        let lines = journal::page(conn, after, PAGE, case).await?;
        let Some(last) = lines.last() else { return Ok(()) };
        after = last.id;
        for line in &lines {
            serde_json::to_writer(&mut *out, line)?;
            out.write_all(b"\n")?;
        }
    }
}

/// The SHA-256 of the whole export, to compare two runs.
pub(crate) async fn fingerprint(conn: &mut Conn) -> Result<String> {
    let mut sink = Sink(Sha256::new());
    write_lines(conn, None, &mut sink).await?;
    Ok(journal::hex(&sink.0.finalize()))
}

struct Sink(Sha256);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    let json = error.downcast_ref::<serde_json::Error>();
    io.is_some_and(|it| it.kind() == std::io::ErrorKind::BrokenPipe)
        || json
            .is_some_and(|it| it.io_error_kind() == Some(std::io::ErrorKind::BrokenPipe))
}
