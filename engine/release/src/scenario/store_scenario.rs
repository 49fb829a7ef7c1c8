//! The desk of a test (测试台): what `t.pay`, `t.advance` and the others do to the
//! real store and scheduler.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use domain::decision::WaitRule;
use domain::guard::Bounds;
use domain::ids::{CaseId, EntryId, OrderId};
use domain::ledger::EntryKind;
use domain::limitation::{ClockActKind, Evidence};
use domain::money::Fen;
use domain::near::{nearest, perhaps};
use domain::say::{Lang, Say};
use domain::tongues::{both, chinese, english};
use jiff::ToSpan;
use jiff::civil::Date;
use runtime::guard::{Go, Which};
use runtime::work::Silence;
use runtime::{Engine, Runtime, enrol};
use script::loading;
use script::program::Workflow;
use script::sandbox::Limits;
use script::testing::{
    CaseHandle, CaseSpec, CaseState, OpenTask, RefusedOrder, Scenario, SentOrder,
};
use serde_json::{Map, Value};
use store::bank_files::{self, BankFile};
use store::events::NewEvent;
use store::ledger::{self, NewEntry};
use store::promises::{self, NewPromise};
use store::views::{cases, orders};
use tokio::runtime::Runtime as Tokio;

use crate::scenario::{SUPERVISORS, clocks, holds, look, people, results};

/// Who writes what a test does, in ledger and journal.
pub(super) const ACTOR: &str = "test";

/// One test's scenario.
pub(super) struct StoreScenario {
    tokio: Rc<Tokio>,
    pub(super) runtime: Arc<Runtime>,
    pub(super) engine: Engine,
    /// Things done so far; it makes every key different.
    done: u32,
    /// Calls and visits whose result was entered.
    pub(super) reported: BTreeSet<i64>,
    /// The settings that the test gave other values, by workflow.
    settings: BTreeMap<String, BTreeMap<String, Value>>,
    sent: look::ByFirstSight<SentOrder>,
    refused: look::ByFirstSight<RefusedOrder>,
}

impl StoreScenario {
    pub(super) fn new(tokio: Rc<Tokio>, runtime: Arc<Runtime>, engine: Engine) -> Self {
        Self {
            tokio,
            runtime,
            engine,
            done: 0,
            reported: BTreeSet::new(),
            settings: BTreeMap::new(),
            sent: look::ByFirstSight::default(),
            refused: look::ByFirstSight::default(),
        }
    }

    /// Waits for a piece of work; an error becomes a sentence.
    pub(super) fn act<R>(
        &mut self,
        work: impl AsyncFnOnce(&mut Self) -> Result<R>,
    ) -> Result<R, String> {
        let tokio = Rc::clone(&self.tokio);
        tokio.block_on(work(self)).map_err(|error| format!("{error:#}"))
    }

    /// A key that nothing in this scenario has had.
    pub(super) fn key(&mut self, what: &str) -> String {
        self.done += 1;
        format!("{what}:{}", self.done)
    }

    /// Runs what is due now. A script that fails fails the test, for nobody
    /// writes a test of a case that is parked.
    pub(super) async fn settle(&mut self) -> Result<()> {
        self.engine.run_instant().await?;
        self.no_script_failed().await
    }

    async fn no_script_failed(&self) -> Result<()> {
        let mut conn = self.engine.store.read().await?;
        match cases::script_error(conn.conn()).await? {
            Some(message) => bail!(both(
                &format!("流程脚本出错:{}", chinese(&message)),
                &format!("the script failed: {}", english(&message)),
            )),
            None => Ok(()),
        }
    }

    /// The same release with other settings of one workflow.
    fn set_anew(&mut self, name: &str, values: BTreeMap<String, Value>) -> Result<()> {
        let workflow = self.workflow(name)?.clone();
        self.settings.entry(name.to_owned()).or_default().extend(values);
        let folder = loading::with_settings(&self.runtime.folder, &self.settings);
        let (catalog, limits) = (&self.runtime.catalog, Limits::default());
        let loaded = loading::reload(&workflow, &folder, catalog, &limits);
        let loaded = loaded.map_err(|found| {
            let said = |lang, between: &str| {
                let said: Vec<String> = found.iter().map(|it| it.render(lang)).collect();
                said.join(between)
            };
            anyhow!(both(
                &format!("流程 “{name}” 不能这样设置:{}", said(Lang::Zh, ";")),
                &format!(
                    "workflow `{name}` cannot be set like this: {}",
                    said(Lang::En, "; ")
                ),
            ))
        })?;
        let mut program = self.runtime.program.clone();
        program.workflows.insert(name.to_owned(), loaded);
        let folder = Arc::new(folder);
        self.runtime =
            Arc::new(Runtime { folder, program, ..Runtime::clone(&self.runtime) });
        self.engine.switch(Arc::clone(&self.runtime));
        Ok(())
    }

    async fn make_case(&mut self, spec: &CaseSpec) -> Result<CaseHandle> {
        self.done += 1;
        let case = people::import(&self.engine, spec, self.done).await?;
        Ok(handle(case))
    }

    fn workflow(&self, name: &str) -> Result<&Workflow> {
        let workflows = &self.runtime.program.workflows;
        workflows.get(name).ok_or_else(|| {
            let meant = nearest(name, workflows.keys().map(String::as_str));
            let Say { zh, en } = perhaps(meant);
            anyhow!("没有流程 “{name}”{zh} · no workflow `{name}`{en}")
        })
    }

    async fn enter(&mut self, case: CaseId, name: &str) -> Result<()> {
        let workflow = self.workflow(name)?;
        let new = enrol::instance(workflow, case, ACTOR);
        if self.engine.open(&self.runtime, &[new]).await? == 0 {
            let lane = &workflow.lane;
            bail!(
                "进不了流程 “{name}”:“{lane}” 这条线上已有未结的流程 · it cannot enter `{name}`: \
                 another workflow is open in the lane `{lane}`"
            );
        }
        self.settle().await
    }

    async fn let_pass(&mut self, by: WaitRule) -> Result<()> {
        let clock = &self.engine.clock;
        let now = clock.now();
        let same_time = |day: Date| clock.instant(day.to_datetime(now.civil.time()));
        let until = match by {
            WaitRule::Days(n) => {
                same_time(now.today().saturating_add(i64::from(n).days()))
            }
            WaitRule::Workdays(n) => {
                same_time(self.runtime.calendar.nth_workday_after(now.today(), n).0)
            }
            WaitRule::Hours(n) => now.ms + i64::from(n) * 3_600_000,
            WaitRule::Until(_) | WaitRule::Overdue(_) => {
                bail!(
                    "t.advance 只能是一段时间,例如 t.advance(2 * days) · t.advance takes a \
                     span of time, such as t.advance(2 * days)"
                )
            }
        };
        self.engine.run_until(until).await?;
        self.no_script_failed().await
    }

    async fn book(
        &mut self,
        case: CaseId,
        kind: EntryKind,
        amount: Fen,
        reverses: Option<EntryId>,
    ) -> Result<()> {
        let entry = NewEntry {
            case_id: case,
            kind,
            amount,
            booked_on: self.engine.clock.now().today(),
            reverses,
            source: ACTOR.to_owned(),
            dedupe_key: self.key("entry"),
            actor: ACTOR.to_owned(),
            note: String::new(),
            confirmed: true,
            inferred: false,
        };
        let posted = self.engine.post(&[entry]).await?;
        if !posted.conflicts.is_empty() {
            bail!("这笔账记不进去 · this entry cannot be booked");
        }
        self.settle().await
    }

    async fn take_back(&mut self, case: CaseId) -> Result<()> {
        let booked = {
            let mut conn = self.engine.store.read().await?;
            ledger::of_case(conn.conn(), case).await?
        };
        let taken_back: BTreeSet<_> =
            booked.iter().filter_map(|it| it.reverses).collect();
        let payment = booked
            .iter()
            .filter(|it| it.kind == EntryKind::Payment && it.source == ACTOR)
            .filter(|it| !taken_back.contains(&it.id))
            .max_by_key(|it| it.id)
            .context(
                "没有可以冲正的还款:请先写 t.pay(c, …) · there is no payment to take \
                 back: write t.pay(c, …) first",
            )?;
        self.book(case, EntryKind::Reversal, payment.amount, Some(payment.id)).await
    }

    async fn note_promise(
        &mut self,
        case: CaseId,
        due_on: Date,
        amount: Option<Fen>,
    ) -> Result<()> {
        let now = self.engine.clock.now();
        if due_on < now.today() {
            let today = now.today();
            bail!(
                "承诺还款日 {due_on} 在今天({today})之前 · the promised day {due_on} lies before \
                 today ({today})"
            );
        }
        let amount = match amount {
            Some(amount) => amount,
            None => people::facts_of(&self.engine, case).await?.overdue,
        };
        if amount.0 <= 0 {
            bail!(
                "没有逾期金额,承诺要写金额:t.promise(c, {{ in_days = 3, amount = yuan(500) }}) \
                 · nothing is overdue, so the promise needs its amount: \
                 t.promise(c, {{ in_days = 3, amount = yuan(500) }})"
            );
        }
        let promise = NewPromise {
            case_id: case,
            promise: self.engine.promise(amount, due_on),
            made_by: ACTOR.to_owned(),
            evidence: Evidence::BareAssertion,
            source: ACTOR.to_owned(),
            dedupe_key: self.key("promise"),
        };
        let mut work = self.engine.begin(&now).await?;
        promises::make(work.conn(), &now, &[promise]).await?;
        work.commit().await?;
        self.settle().await
    }

    /// Raises an event and runs what answers it.
    pub(super) async fn raise(
        &mut self,
        case: CaseId,
        kind: &str,
        payload: Map<String, Value>,
    ) -> Result<()> {
        if holds::place_or_lift(self, case, kind, &payload).await? {
            return self.settle().await;
        }
        let event = NewEvent {
            case_id: case,
            kind: kind.to_owned(),
            payload,
            source: ACTOR.to_owned(),
            dedupe_key: self.key(kind),
            happened_on: self.engine.clock.now().today(),
        };
        self.engine.record(&[event]).await?;
        self.settle().await
    }

    async fn let_leave(&mut self, verb: &str) -> Result<()> {
        let found = {
            let mut conn = self.engine.store.read().await?;
            orders::awaiting(conn.conn(), verb).await?
        };
        let order = found.with_context(|| {
            format!("没有等待审批的 “{verb}”:它可能已被取消,或这个动作不需要审批")
        })?;
        let collectors = [order.collector.as_deref(), order.case_collector.as_deref()];
        let by = SUPERVISORS
            .iter()
            .find(|supervisor| !collectors.contains(&Some(**supervisor)));
        let by = by.copied().unwrap_or_default();
        self.engine.approve(OrderId(order.id), by, "").await?;
        self.settle().await
    }
}

fn handle(case: CaseId) -> CaseHandle {
    CaseHandle(u64::try_from(case.0).unwrap_or_default())
}

fn id(case: CaseHandle) -> CaseId {
    CaseId(i64::try_from(case.0).unwrap_or_default())
}

impl Scenario for StoreScenario {
    fn case(&mut self, spec: &CaseSpec) -> Result<CaseHandle, String> {
        self.act(async |it| it.make_case(spec).await)
    }

    fn set(
        &mut self,
        workflow: &str,
        values: BTreeMap<String, Value>,
    ) -> Result<(), String> {
        self.set_anew(workflow, values).map_err(|error| format!("{error:#}"))
    }

    fn uses(&mut self, workflow: &str) {
        self.runtime.usage.workflow(workflow);
    }

    fn enrol(&mut self, case: CaseHandle, workflow: &str) -> Result<(), String> {
        self.act(async |it| it.enter(id(case), workflow).await)
    }

    fn knows(&self, workflow: &str) -> Result<(), String> {
        self.workflow(workflow).map(|_| ()).map_err(|error| error.to_string())
    }

    fn advance(&mut self, by: WaitRule) -> Result<(), String> {
        self.act(async |it| it.let_pass(by).await)
    }

    fn pay(&mut self, case: CaseHandle, amount: Fen) -> Result<(), String> {
        self.act(async |it| it.book(id(case), EntryKind::Payment, amount, None).await)
    }

    fn reverse_last_payment(&mut self, case: CaseHandle) -> Result<(), String> {
        self.act(async |it| it.take_back(id(case)).await)
    }

    fn promise(
        &mut self,
        case: CaseHandle,
        due_on: Date,
        amount: Option<Fen>,
    ) -> Result<(), String> {
        self.act(async |it| it.note_promise(id(case), due_on, amount).await)
    }

    fn event(
        &mut self,
        case: CaseHandle,
        kind: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String> {
        self.act(async |it| it.raise(id(case), kind, payload).await)
    }

    fn clock_act(
        &mut self,
        case: CaseHandle,
        act: ClockActKind,
        guarantor: Option<usize>,
    ) -> Result<(), String> {
        let key = self.key("clock_act");
        self.act(async |it| clocks::enter(it, id(case), (act, guarantor), key).await)
    }

    fn report(
        &mut self,
        case: CaseHandle,
        verb: &str,
        outcome: &str,
        payload: Map<String, Value>,
    ) -> Result<(), String> {
        self.act(async |it| results::enter(it, id(case), verb, outcome, payload).await)
    }

    fn approve(&mut self, verb: &str) -> Result<(), String> {
        self.act(async |it| it.let_leave(verb).await)
    }

    fn guard(
        &mut self,
        bounds: &Bounds,
        book_stale_after: Option<u32>,
    ) -> Result<(), String> {
        self.engine.set_limits(|it| {
            it.bounds = Some(bounds.clone());
            it.book_stale_after = book_stale_after.or(it.book_stale_after);
        });
        // A site that has never had a file has no old book.
        if book_stale_after.is_some() { self.bank_file() } else { Ok(()) }
    }

    fn bank_file(&mut self) -> Result<(), String> {
        self.act(async |it| {
            let now = it.engine.clock.now();
            let mut tx = it.engine.begin_silent(Silence::Notes).await?;
            bank_files::taken(tx.conn(), &now, BankFile::Events).await?;
            tx.commit().await?;
            it.settle().await
        })
    }

    fn let_go(&mut self) -> Result<(), String> {
        self.act(async |it| {
            let [by, ..] = SUPERVISORS;
            let gone = it.engine.let_go(&Which::default(), Go::All, by, ACTOR).await?;
            if gone.is_empty() {
                bail!(
                    "把关没有扣下什么;等银行文件的,用 t.bank_file() 放开 · the guard holds \
                     nothing; what waits for a bank's file goes on by t.bank_file()"
                );
            }
            it.settle().await
        })
    }

    fn held(&mut self) -> Result<Vec<String>, String> {
        self.act(async |it| {
            let mut conn = it.engine.store.read().await?;
            Ok(orders::held(conn.conn()).await?)
        })
    }

    fn sent(&mut self) -> Result<Vec<SentOrder>, String> {
        self.act(async |it| {
            let mut conn = it.engine.store.read().await?;
            let now = look::sent(conn.conn(), &it.engine.clock, &it.runtime).await?;
            Ok(it.sent.add(now))
        })
    }

    fn refused(&mut self) -> Result<Vec<RefusedOrder>, String> {
        self.act(async |it| {
            let mut conn = it.engine.store.read().await?;
            let now = look::refused(conn.conn(), &it.engine.clock).await?;
            Ok(it.refused.add(now))
        })
    }

    fn tasks(&mut self) -> Result<Vec<OpenTask>, String> {
        self.act(async |it| {
            let mut conn = it.engine.store.read().await?;
            look::open_tasks(conn.conn()).await
        })
    }

    fn states(&mut self, case: CaseHandle) -> Result<Vec<CaseState>, String> {
        self.act(async |it| {
            let mut conn = it.engine.store.read().await?;
            look::states(conn.conn(), id(case)).await
        })
    }

    fn today(&self) -> Date {
        self.engine.clock.now().today()
    }
}
