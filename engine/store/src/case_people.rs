//! The people of a book (案件当事人入库): written each once, and tied to their cases.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use domain::ids::CaseId;
use domain::party::{GuaranteeKind, Role};
use foldhash::{HashMap, HashSet};

use crate::case_book::{PersonRow, known_among, numbered};
use crate::error::StoreError;
use crate::rows::{AsText, Cell, Column};
use crate::{Conn, limitation, points, rows};

/// What became of some people of a list.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// The cases, in the book before, of which somebody was new or changed.
    pub(crate) changed: BTreeSet<i64>,
    /// Guarantors of whom the list says something else than what was entered by hand,
    /// which stays.
    pub(crate) kept_guarantees: usize,
}

/// Writes people and ties them to their cases; `before` are the cases that were in the
/// book before.
pub(crate) async fn import(
    conn: &mut Conn,
    people: &[(CaseId, &PersonRow)],
    before: &BTreeSet<i64>,
    looked_up: &HashMap<&str, Option<i64>>,
) -> Result<Taken, StoreError> {
    if people.is_empty() {
        return Ok(Taken::default());
    }
    let parties = each_once(people);
    let numbers: Vec<&str> = parties.iter().map(|party| party.0).collect();
    let known = known_among(conn, KNOWN_PARTIES, &numbers, looked_up).await?;
    let ids = numbered(conn, &numbers, &known).await?;
    let (old, new): (Vec<_>, Vec<_>) =
        parties.iter().partition(|party| known.contains_key(party.0));
    let new: Vec<_> = new.iter().map(|(no, it)| it.cells(ids.get(no))).collect();
    rows::insert(conn, "parties", &PERSON_COLUMNS, &new).await?;
    let mut changed = BTreeSet::new();
    if !old.is_empty() {
        let kept = kept(conn, &old, &ids).await?;
        let old: Vec<_> = old
            .iter()
            .map(|(no, it)| {
                let id = ids.get(no).copied().unwrap_or_default();
                let mut cells = it.cells(ids.get(no));
                if kept.0.contains(&id) {
                    // The number, and what is made of it.
                    cells[4] = Cell::Text(None);
                    cells[12] = Cell::Owned(None);
                }
                if kept.1.contains(&id) {
                    cells[6] = Cell::Text(None);
                }
                cells
            })
            .collect();
        let written: Vec<i64> = sqlx::query_scalar(UPSERT_PARTIES)
            .bind(serde_json::to_string(&old)?)
            .fetch_all(&mut *conn)
            .await?;
        let cases: Vec<i64> = rows::ask(conn, CASES_OF_PARTIES, &written).await?;
        changed.extend(cases);
    }
    let mut taken = tie(conn, people, &ids, before).await?;
    taken.changed.append(&mut changed);
    Ok(taken)
}

/// Of people who are in the book those whose number, and those whose address, is not
/// taken from the list.
async fn kept(
    conn: &mut Conn,
    people: &[&(&str, Cow<'_, PersonRow>)],
    ids: &HashMap<&str, i64>,
) -> Result<(HashSet<i64>, HashSet<i64>), StoreError> {
    let told = |of: fn(&PersonRow) -> Option<&str>| {
        let each = people.iter().filter_map(move |it| {
            let (number, person) = (&it.0, &it.1);
            Some((*ids.get(number)?, of(person)?))
        });
        each.collect::<Vec<(i64, &str)>>()
    };
    let numbers = told(|person| person.phone.as_deref());
    let addresses = told(|person| person.address.as_deref());
    points::kept_against(conn, &numbers, &addresses).await
}

/// Each person once, by number. Of somebody who stands there several times a later cell
/// replaces an earlier one only with something in it.
fn each_once<'a>(
    people: &[(CaseId, &'a PersonRow)],
) -> Vec<(&'a str, Cow<'a, PersonRow>)> {
    let mut rows: Vec<&PersonRow> = people.iter().map(|person| person.1).collect();
    rows.sort_by(|one, other| one.party_no.cmp(&other.party_no));
    let same = |one: &&PersonRow, other: &&PersonRow| one.party_no == other.party_no;
    rows.chunk_by(same).filter_map(once).collect()
}

/// The rows of one person as one.
fn once<'a>(rows: &[&'a PersonRow]) -> Option<(&'a str, Cow<'a, PersonRow>)> {
    let (first, later) = rows.split_first()?;
    let mut person = Cow::Borrowed(*first);
    for row in later {
        person.to_mut().take_in(row);
    }
    Some((first.party_no.as_str(), person))
}

impl PersonRow {
    fn cells(&self, id: Option<&i64>) -> [Cell<'_>; 13] {
        [
            Cell::Number(id.copied()),
            Cell::Text(Some(&self.party_no)),
            Cell::Text(self.name.as_deref()),
            Cell::Text(self.id_number.as_deref()),
            Cell::Text(self.phone.as_deref()),
            Cell::Text(self.wechat.as_deref()),
            Cell::Text(self.address.as_deref()),
            Cell::Text(self.village.as_deref()),
            Cell::Day(self.deceased_on),
            Cell::Map(self.consents.as_ref().map(AsText)),
            Cell::Number(self.fictional.then_some(1)),
            Cell::Owned(self.name.as_deref().and_then(points::initials_of)),
            Cell::Owned(points::end_of(self.phone.as_deref())),
        ]
    }

    fn take_in(&mut self, later: &Self) {
        let cells = [
            (&mut self.name, &later.name),
            (&mut self.id_number, &later.id_number),
            (&mut self.phone, &later.phone),
            (&mut self.wechat, &later.wechat),
            (&mut self.address, &later.address),
            (&mut self.village, &later.village),
        ];
        for (own, later) in cells {
            if later.as_ref().is_some_and(|it| !it.is_empty()) {
                own.clone_from(later);
            }
        }
        self.deceased_on = later.deceased_on.or(self.deceased_on);
        self.consents = later.consents.clone().or_else(|| self.consents.take());
        self.fictional &= later.fictional;
    }
}

/// The columns of [`PersonRow::cells`].
const PERSON_COLUMNS: [Column; 13] = [
    Column::bigint("id"),
    Column::text("party_no"),
    Column::text("name").or("''"),
    Column::text("id_number"),
    Column::text("phone"),
    Column::text("wechat"),
    Column::text("address"),
    Column::text("village"),
    Column::text("deceased_on"),
    Column::text("consents").or("'{}'"),
    Column::bigint("fictional").or("0"),
    Column::text("initials"),
    Column::text("phone_end"),
];

/// Case, person, role, documents, what a guarantor has undertaken, for how long.
type Tie<'a> =
    (CaseId, Option<&'a i64>, Role, Option<String>, Option<GuaranteeKind>, Option<u32>);

fn cells<'a>((case, person, role, evidence, ..): &'a Tie<'_>) -> [Cell<'a>; 4] {
    [
        Cell::Number(Some(case.0)),
        Cell::Number(person.copied()),
        Cell::Text(Some(role.as_str())),
        Cell::Text(evidence.as_deref()),
    ]
}

const TIE_COLUMNS: [Column; 4] = [
    Column::bigint("case_id"),
    Column::bigint("party_id"),
    Column::text("role"),
    Column::text("evidence").or("'[]'"),
];

/// Ties people to their cases. Answers the cases, `before` in the book, where that was
/// news.
async fn tie(
    conn: &mut Conn,
    people: &[(CaseId, &PersonRow)],
    ids: &HashMap<&str, i64>,
    before: &BTreeSet<i64>,
) -> Result<Taken, StoreError> {
    // The last of two ties of the same person counts.
    let mut ties: BTreeMap<(CaseId, &str, &str), Tie<'_>> = BTreeMap::new();
    for (case_id, it) in people {
        let evidence = it.evidence.as_ref().map(serde_json::to_string).transpose()?;
        let tie = (
            *case_id,
            ids.get(it.party_no.as_str()),
            it.role,
            evidence,
            it.guarantee.map(|guarantee| guarantee.kind),
            it.guarantee.and_then(|guarantee| guarantee.period_months),
        );
        ties.insert((*case_id, &it.party_no, it.role.as_str()), tie);
    }
    let ties: Vec<Tie<'_>> = ties.into_values().collect();
    let (old, new): (Vec<&Tie<'_>>, Vec<&Tie<'_>>) =
        ties.iter().partition(|it| before.contains(&it.0.0));
    let new: Vec<_> = new.into_iter().map(cells).collect();
    rows::insert(conn, "case_parties", &TIE_COLUMNS, &new).await?;
    let mut changed: Vec<i64> = Vec::new();
    if !old.is_empty() {
        let text = serde_json::to_string(&old)?;
        changed =
            sqlx::query_scalar(UPSERT_TIES).bind(text).fetch_all(&mut *conn).await?;
    }
    let guarantees: Vec<&Tie<'_>> = ties.iter().filter(|it| it.4.is_some()).collect();
    let mut kept_guarantees = 0;
    if !guarantees.is_empty() {
        let text = serde_json::to_string(&guarantees)?;
        let kept: Vec<i64> =
            sqlx::query_scalar(KEPT_GUARANTEES).bind(&text).fetch_all(&mut *conn).await?;
        kept_guarantees = kept.len();
        let guaranteed: Vec<i64> = sqlx::query_scalar(UPSERT_GUARANTEES)
            .bind(text)
            .fetch_all(&mut *conn)
            .await?;
        limitation::recompute(conn, &guaranteed).await?;
        changed.extend(guaranteed);
    }
    Ok(Taken { changed: changed.into_iter().collect(), kept_guarantees })
}

const KNOWN_PARTIES: &str = "
    select json_group_object(party_no, id)
    from parties
    where party_no in (select s.party_no from list($1) as s (party_no text))";

const UPSERT_PARTIES: &str = "
    insert into parties
      (id, party_no, name, id_number, phone, wechat, address, village, deceased_on,
       consents, fictional, initials, phone_end)
    select s.id, s.party_no, coalesce(s.name, ''), s.id_number, s.phone, s.wechat,
      s.address, s.village, s.deceased_on, coalesce(s.consents, '{}'),
      coalesce(s.fictional, 0), s.initials, s.phone_end
    from batch($1) as s (
      id bigint, party_no text, name text, id_number text, phone text, wechat text,
      address text, village text, deceased_on text, consents text, fictional bigint,
      initials text, phone_end text)
    where true
    on conflict (id) do update set
      name = coalesce(nullif(excluded.name, ''), parties.name),
      id_number = coalesce(excluded.id_number, parties.id_number),
      phone = coalesce(excluded.phone, parties.phone),
      wechat = coalesce(excluded.wechat, parties.wechat),
      address = coalesce(excluded.address, parties.address),
      village = coalesce(excluded.village, parties.village),
      deceased_on = coalesce(excluded.deceased_on, parties.deceased_on),
      consents = coalesce(nullif(excluded.consents, '{}'), parties.consents),
      fictional = excluded.fictional,
      initials = coalesce(excluded.initials, parties.initials),
      phone_end = coalesce(excluded.phone_end, parties.phone_end)
    where parties.name <> coalesce(nullif(excluded.name, ''), parties.name)
      or parties.id_number is distinct from coalesce(excluded.id_number, parties.id_number)
      or parties.phone is distinct from coalesce(excluded.phone, parties.phone)
      or parties.wechat is distinct from coalesce(excluded.wechat, parties.wechat)
      or parties.address is distinct from coalesce(excluded.address, parties.address)
      or parties.village is distinct from coalesce(excluded.village, parties.village)
      or parties.deceased_on
        is distinct from coalesce(excluded.deceased_on, parties.deceased_on)
      or parties.consents <> coalesce(nullif(excluded.consents, '{}'), parties.consents)
      or parties.fictional <> excluded.fictional
    returning id";

const CASES_OF_PARTIES: &str = "
    select json_group_array(distinct case_id)
    from case_parties
    where party_id in (select s.id from list($1) as s (id bigint))";

const UPSERT_TIES: &str = "
    insert into case_parties (case_id, party_id, role, evidence)
    select s.case_id, s.party_id, s.role, coalesce(s.evidence, '[]')
    from batch($1) as s (case_id bigint, party_id bigint, role text, evidence text)
    where true
    on conflict (case_id, party_id, role) do update set evidence = excluded.evidence
    where excluded.evidence <> '[]' and case_parties.evidence <> excluded.evidence
    returning case_id";

const KEPT_GUARANTEES: &str = "
    select g.party_id
    from batch($1) as s (
      case_id bigint, party_id bigint, role text, evidence text, kind text,
      period_months bigint)
    join guarantees g on g.case_id = s.case_id and g.party_id = s.party_id
    where g.by_hand = 1
      and (g.kind <> s.kind or g.period_months <> coalesce(s.period_months, 6))";

const UPSERT_GUARANTEES: &str = "
    insert into guarantees (case_id, party_id, kind, period_months)
    select s.case_id, s.party_id, s.kind, coalesce(s.period_months, 6)
    from batch($1) as s (
      case_id bigint, party_id bigint, role text, evidence text, kind text,
      period_months bigint)
    where true
    on conflict (case_id, party_id) do update set
      kind = excluded.kind, period_months = excluded.period_months
    where guarantees.by_hand = 0
      and (guarantees.kind <> excluded.kind
        or guarantees.period_months <> excluded.period_months)
    returning case_id";
