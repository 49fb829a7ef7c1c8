//! The files of proceedings (卷宗): the papers, where each lies and by which hash it is known
//! again; who is in charge, and at which court.

use domain::ids::{CaseId, OrderId};
use jiff::civil::Date;
use store::Conn;
use store::plugin::BooksError;

/// A paper that is put on file.
pub(crate) struct Paper<'a> {
    /// The step that it belongs to.
    pub(crate) step: &'a str,
    /// What it is.
    pub(crate) document: &'a str,
    /// Its day.
    pub(crate) on: Date,
    /// Its number, where it has one.
    pub(crate) number: Option<&'a str>,
    /// The file or the number in the archive.
    pub(crate) place: &'a str,
    /// SHA-256 of the file, in small hexadecimal digits.
    pub(crate) sha256: Option<String>,
}

const PUT: &str = "
    insert into matter_papers
      (matter_id, seq, step, document, on_date, number, place, sha256, by, recorded_at)
    select $1, coalesce(max(seq), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
    from matter_papers
    where matter_id = $1";

/// Puts a paper on the file of a proceeding.
pub(crate) async fn put_paper(
    conn: &mut Conn,
    matter: OrderId,
    paper: &Paper<'_>,
    (by, now_ms): (&str, i64),
) -> Result<(), BooksError> {
    sqlx::query(PUT)
        .bind(matter.0)
        .bind(paper.step.to_owned())
        .bind(paper.document.to_owned())
        .bind(paper.on.to_string())
        .bind(paper.number.map(str::to_owned))
        .bind(paper.place.to_owned())
        .bind(paper.sha256.clone())
        .bind(by.to_owned())
        .bind(now_ms)
        .execute(conn)
        .await?;
    Ok(())
}

const COUNT: &str = "
    select count(*)
    from matter_papers
    where matter_id = $1";

/// How many papers of a proceeding are on file.
pub(crate) async fn papers_of(
    conn: &mut Conn,
    matter: OrderId,
) -> Result<i64, BooksError> {
    Ok(sqlx::query_scalar(COUNT).bind(matter.0).fetch_one(conn).await?)
}

const PASS_ON: &str = "
    update matters
    set owner = $2
    where id = $1";

/// Puts somebody in charge of a proceeding.
pub(crate) async fn pass_on(
    conn: &mut Conn,
    matter: OrderId,
    owner: &str,
) -> Result<(), BooksError> {
    sqlx::query(PASS_ON).bind(matter.0).bind(owner.to_owned()).execute(conn).await?;
    Ok(())
}

const MOVE: &str = "
    update matters
    set court = $2
    where id = $1";

/// Names the court at which a proceeding was filed, where it is another than was meant.
pub(crate) async fn name_court(
    conn: &mut Conn,
    matter: OrderId,
    court: &str,
) -> Result<(), BooksError> {
    sqlx::query(MOVE).bind(matter.0).bind(court.to_owned()).execute(conn).await?;
    Ok(())
}

const WITH_NUMBER: &str = "
    select m.id, m.case_id
    from (
      select id from matters where court_no = $1
      union
      select matter_id from matter_steps where number = $1) n
    join matters m on m.id = n.id
    where m.court = $2 and m.id <> $3
      and (m.close_reason is null or m.close_reason <> 'mistaken')
    order by m.id
    limit 1";

/// Another proceeding that has this number at this court, with its case.
pub(crate) async fn with_number(
    conn: &mut Conn,
    matter: OrderId,
    (court, number): (&str, &str),
) -> Result<Option<(OrderId, CaseId)>, BooksError> {
    let asked = sqlx::query_as(WITH_NUMBER).bind(number.to_owned());
    let found: Option<(i64, i64)> =
        asked.bind(court.to_owned()).bind(matter.0).fetch_optional(conn).await?;
    Ok(found.map(|(id, case)| (OrderId(id), CaseId(case))))
}
