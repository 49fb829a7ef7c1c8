//! Cases that are set aside (挂起): which, since when and why.

use serde::Deserialize;

use crate::{Conn, StoreError, rows};

/// Which runs that are set aside are listed.
#[derive(Clone, Debug, Default)]
pub struct ParkedFilter {
    /// Those of this workflow.
    pub workflow: Option<String>,
}

/// One run that is set aside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct ParkedEntry {
    /// The run.
    pub instance: i64,
    /// The institution's loan number.
    pub case_no: String,
    /// The collector.
    pub collector: Option<String>,
    /// The workflow.
    pub workflow: String,
    /// The stage it stands in.
    pub stage: String,
    /// When it was tried last, in milliseconds since 1970.
    pub last_at: Option<i64>,
    /// The same for the same cause.
    pub fingerprint: Option<String>,
    /// Why, without personal data.
    pub message: Option<String>,
}

const LIST: &str = "
    select json_group_array(json_object(
      'instance', p.id, 'case_no', c.case_no, 'collector', c.collector,
      'workflow', p.workflow, 'stage', p.stage, 'last_at', e.last_at,
      'fingerprint', e.fingerprint, 'message', e.message) order by p.id)
    from (
      select id, case_id, workflow, stage
      from instances
      where status = 'parked' and $1 < id and ($3 = '' or workflow = $3)
      order by id
      limit $2
    ) p
    join cases c on c.id = p.case_id
    left join step_errors e on e.instance_id = p.id";

/// The runs set aside behind one of them, in their order, at most `limit`; `None` begins
/// the list.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn list(
    conn: &mut Conn,
    filter: &ParkedFilter,
    after: Option<&ParkedEntry>,
    limit: i64,
) -> Result<Vec<ParkedEntry>, StoreError> {
    let text: String = sqlx::query_scalar(LIST)
        .bind(after.map_or(0, |run| run.instance))
        .bind(limit)
        .bind(filter.workflow.clone().unwrap_or_default())
        .fetch_one(conn)
        .await?;
    Ok(serde_json::from_str(&text)?)
}

/// What has set some runs aside.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq)]
pub struct Cause {
    /// The same for the same cause.
    pub fingerprint: String,
    /// One of its messages, without personal data.
    pub message: String,
    /// How many runs.
    pub cases: i64,
    /// Their workflows.
    pub workflows: Vec<String>,
    /// The loan numbers of the first of them.
    pub first: Vec<String>,
}

/// `$1` holds how many of each cause are named.
const CAUSES: &str = "
    select json_group_array(json_array(
      g.fingerprint, g.message, g.cases, json(g.workflows), json((
        select json_group_array(f.case_no)
        from (
          select c.case_no
          from step_errors o
          join instances n on n.id = o.instance_id and n.status = 'parked'
          join cases c on c.id = n.case_id
          where o.fingerprint = g.fingerprint
          order by o.instance_id
          limit (select s.named from list($1) as s (named bigint))
        ) f)))
      order by g.cases desc, g.fingerprint)
    from (
      select e.fingerprint, min(e.message) as message, count(*) as cases,
        json_group_array(distinct i.workflow order by i.workflow) as workflows
      from instances i
      join step_errors e on e.instance_id = i.id
      where i.status = 'parked'
      group by e.fingerprint
    ) g";

/// Why runs are set aside, the cause of most of them first, with the first `named`
/// cases of each.
///
/// # Errors
///
/// [`StoreError`] when the database cannot be read.
pub async fn causes(conn: &mut Conn, named: usize) -> Result<Vec<Cause>, StoreError> {
    rows::ask(conn, CAUSES, &[named]).await
}
