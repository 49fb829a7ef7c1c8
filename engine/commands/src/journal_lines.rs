//! The lines of the journal (日志逐行): as auditors get them, and what they come to.

use std::io::Write;

use anyhow::Result;
use domain::ids::CaseId;
use sha2::{Digest, Sha256};
use store::{Conn, journal};

/// Lines read together.
const PAGE: i64 = 5_000;

/// Writes every line of the journal, or of one case, as one JSON object.
///
/// # Errors
///
/// The store cannot be read, or nothing can be written there.
pub async fn write_lines(
    conn: &mut Conn,
    case: Option<CaseId>,
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
///
/// # Errors
///
/// The store cannot be read.
pub async fn fingerprint(conn: &mut Conn) -> Result<String> {
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
