//! The people of a test case (测试当事人): all of them fictional.

use anyhow::{Result, anyhow, bail};
use domain::facts::CaseFacts;
use domain::ids::CaseId;
use domain::ledger::EntryKind;
use domain::money::Fen;
use domain::party::Role;
use jiff::civil::Date;
use runtime::Engine;
use runtime::work::Silence;
use script::testing::CaseSpec;
use store::case_book::{self, CaseRow, GuaranteeRow, PersonRow};
use store::ledger::{self, NewEntry};
use store::{claims, facts};

use crate::scenario::book::{self, Book};
use crate::scenario::store_scenario::ACTOR;

/// Who works a case that names nobody.
pub(super) const COLLECTOR: &str = "测试信贷员";
const VILLAGE: &str = "测试村";
const PRODUCT: &str = "测试贷款";

/// Makes the case that a test asks for; `number` tells it from the others.
///
/// Its ledger is history, so it raises no events.
///
/// # Errors
///
/// A sentence for the author when there is no such case.
pub(super) async fn import(
    engine: &Engine,
    spec: &CaseSpec,
    number: u32,
) -> Result<CaseId> {
    let now = engine.clock.now();
    let book = book::of(spec, now.today()).map_err(|error| anyhow!(error))?;
    let row = row(spec, &book, number);
    let mut tx = engine.begin_silent(Silence::History).await?;
    case_book::import_cases(tx.conn(), &now, std::slice::from_ref(&row)).await?;
    let Some(case) = case_book::find_case(tx.conn(), &row.case_no).await? else {
        bail!("测试案件没有写入 · the case of the test was not written");
    };
    let entries = entries(case, &book, number);
    ledger::post_entries(tx.conn(), &now, &entries).await?;
    let (cause, debtor_type) = (spec.cause.as_deref(), spec.debtor_type.as_deref());
    case_book::set_character(tx.conn(), case, cause, debtor_type).await?;
    claims::set_stage(tx.conn(), case, spec.court_stage.as_deref()).await?;
    tx.commit().await?;
    Ok(case)
}

/// What a script sees of the case now.
pub(super) async fn facts_of(engine: &Engine, case: CaseId) -> Result<CaseFacts> {
    let mut conn = engine.store.read().await?;
    let today = engine.clock.now().today();
    let found = facts::load(conn.conn(), today, &[case.0]).await?.remove(&case);
    found.ok_or_else(|| anyhow!("没有这个测试案件 · the test has no such case"))
}

fn row(spec: &CaseSpec, book: &Book, number: u32) -> CaseRow {
    CaseRow {
        case_no: format!("TEST-{number}"),
        org: Some("测试信用社".to_owned()),
        village: Some(village(spec)),
        product: Some(spec.product.clone().unwrap_or_else(|| PRODUCT.to_owned())),
        collector: Some(spec.collector.clone().unwrap_or_else(|| COLLECTOR.to_owned())),
        currency: None,
        opened_on: Some(book.opened_on),
        contract_ends_on: None,
        principal: Some(book.principal),
        extra: serde_json::Map::new(),
        list_hash: None,
        people: people(spec, number),
    }
}

fn village(spec: &CaseSpec) -> String {
    spec.village.clone().unwrap_or_else(|| VILLAGE.to_owned())
}

fn people(spec: &CaseSpec, number: u32) -> Vec<PersonRow> {
    let debtor = PersonRow {
        phone: spec.phone.then(|| phone(number, 0)),
        wechat: spec.wechat.then(|| format!("test-wechat-{number}")),
        ..person(spec, number, 0, Role::Borrower)
    };
    let guarantors = (1..).take(usize_of(spec.guarantors)).map(|nth| PersonRow {
        // No period agreed: six months from the last due date (Civil Code 692).
        guarantee: Some(GuaranteeRow { kind: spec.guarantee, period_months: None }),
        ..person(spec, number, nth, Role::Guarantor)
    });
    let first_other = spec.guarantors.saturating_add(1);
    let others = (first_other..)
        .take(usize_of(spec.third_parties))
        .map(|nth| person(spec, number, nth, Role::UnrelatedThirdParty));
    std::iter::once(debtor).chain(guarantors).chain(others).collect()
}

fn usize_of(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn person(spec: &CaseSpec, number: u32, nth: u32, role: Role) -> PersonRow {
    PersonRow {
        party_no: format!("TEST-{number}-{nth}"),
        role,
        name: Some(format!("测试人员{number}-{nth}")),
        id_number: None,
        phone: Some(phone(number, nth)),
        wechat: None,
        address: Some(format!("{}{nth}号", village(spec))),
        village: Some(village(spec)),
        deceased_on: None,
        consents: None,
        fictional: true,
        guarantee: None,
        evidence: None,
    }
}

/// A number that cannot be dialed.
fn phone(number: u32, nth: u32) -> String {
    format!("000-{number:05}-{nth:03}")
}

fn entries(case: CaseId, book: &Book, number: u32) -> Vec<NewEntry> {
    let opened = (EntryKind::Open, book.opened_on, book.opened);
    let dues = book.dues.iter().map(|(on, amount)| (EntryKind::Due, *on, *amount));
    let paid = book.paid.iter().map(|(on, amount)| (EntryKind::Payment, *on, *amount));
    let all = std::iter::once(opened).chain(dues).chain(paid);
    all.zip(0_u32..).map(|(what, nth)| entry(case, what, (number, nth))).collect()
}

fn entry(
    case: CaseId,
    (kind, booked_on, amount): (EntryKind, Date, Fen),
    (number, nth): (u32, u32),
) -> NewEntry {
    NewEntry {
        case_id: case,
        kind,
        amount,
        booked_on,
        reverses: None,
        source: "test_book".to_owned(),
        dedupe_key: format!("{number}:{nth}"),
        actor: ACTOR.to_owned(),
        note: String::new(),
        confirmed: true,
        inferred: false,
    }
}
