//! The staff of a demonstration (虚构职员): who visits, who approves, who clears
//! the tasks.

use std::collections::HashSet;

use anyhow::{Context, Result};
use commands::entries;
use domain::ids::OrderId;
use domain::status::OrderStatus;
use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use runtime::work::Silence;
use serde_json::{Value, json};
use store::plugin::{EntryError, Filled};
use store::views::orders::{self, OrderEntry, OrderFilter};
use store::{simulated, tasks};

use crate::demo::agenda::{Deed, Planned};
use crate::demo::demo_site::supervisor;
use crate::demo::quarter::Quarter;

/// Nobody decides about a suit before so many days.
const CONSIDER_DAYS: i64 = 3;
/// Tasks that are cleared late are cleared after so many days.
const CLEAR_AFTER_DAYS: i64 = 4;
const DAY_MS: i64 = 86_400_000;

impl Quarter<'_> {
    /// Enters what came of the visits planned for a day, if they still are:
    /// nobody goes where the money came in the meantime.
    #[cfg(feature = "visit")]
    pub(super) async fn make_visits(
        &mut self,
        day: Date,
        due: Vec<Planned>,
    ) -> Result<()> {
        if due.is_empty() {
            return Ok(());
        }
        let (standing, known) = {
            let mut conn = self.engine.store.read().await?;
            let planned = plugin_visit::planned(conn.conn()).await?;
            let standing: HashSet<OrderId> = planned.iter().map(|it| it.order).collect();
            let cases: Vec<i64> = due.iter().map(|it| it.case.0).collect();
            (standing, store::facts::load(conn.conn(), day, &cases).await?)
        };
        let engine = self.engine;
        let now = engine.clock.now();
        let (mut promised, mut closed) = (Vec::new(), Vec::new());
        let mut work = engine.begin(&now).await?;
        let mut books = engine.books(work.conn(), &now);
        for it in &due {
            let Deed::Visit(order, reaction) = &it.deed else { continue };
            let Some(facts) = known.get(&it.case).filter(|_| standing.contains(order))
            else {
                continue;
            };
            let pair = self.pair(facts.collector.as_deref());
            let result = visit_result(*order, reaction, &pair, day);
            plugin_visit::record_result(&mut books, *order, &result).await?;
            closed.push((*order, pair[0].clone(), result.outcome.as_str()));
            let said = crate::demo::debtors::Said {
                case: it.case,
                name: it.name.clone(),
                overdue: facts.overdue,
                reaction: (**reaction).clone(),
                taken_by: pair[0].clone(),
                evidence: domain::limitation::Evidence::SignedPaper,
            };
            promised.extend(self.hear(&said, day));
        }
        let (raised, new) = (books.raised, books.tasks);
        engine.take(work.conn(), &now, "visit", raised, new).await?;
        let closed = closed.iter().map(|(order, by, it)| (*order, by.as_str(), *it));
        tasks::close_of_orders(work.conn(), &now, &closed.collect::<Vec<_>>()).await?;
        store::promises::make(work.conn(), &now, &promised).await?;
        work.commit().await?;
        Ok(())
    }

    #[cfg(not(feature = "visit"))]
    pub(super) async fn make_visits(&mut self, _: Date, _: Vec<Planned>) -> Result<()> {
        Ok(())
    }

    /// Who goes: the collector of the case and the other one of the branch.
    #[cfg(feature = "visit")]
    fn pair(&self, collector: Option<&str>) -> Vec<String> {
        let staff = &self.book.staff;
        let first = staff.iter().find(|it| Some(it.name.as_str()) == collector);
        let org = first.map(|it| it.org);
        let other = staff.iter().find(|it| {
            it.role == "collector"
                && Some(it.org) == org
                && Some(&it.name) != first.map(|it| &it.name)
        });
        let second = other.or_else(|| staff.iter().rfind(|it| it.role == "collector"));
        first.into_iter().chain(second).map(|it| it.name.clone()).collect()
    }

    /// The supervisor decides about what waits, and the desk clears its tasks.
    pub(super) async fn look_after(&mut self, day: Date) -> Result<()> {
        if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            return Ok(());
        }
        self.decide(day).await?;
        self.file(day).await?;
        self.clear_tasks(day).await?;
        self.engine.run_instant().await?;
        Ok(())
    }

    /// Approves most suits after some days, rejects a few and leaves some for
    /// whoever looks at the site afterwards.
    async fn decide(&self, day: Date) -> Result<()> {
        let by = &supervisor(self.book)?.name;
        for it in self.waiting().await? {
            let since = self.engine.clock.civil(it.not_before_at).date();
            if day < since.saturating_add((CONSIDER_DAYS + it.id % 7).days()) {
                continue;
            }
            match it.id % 10 {
                0..=5 => {
                    self.engine.approve(OrderId(it.id), by, "材料齐全,同意").await?;
                }
                6 => {
                    self.engine.reject(OrderId(it.id), by, "先再次协商").await?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    async fn waiting(&self) -> Result<Vec<OrderEntry>> {
        let mut conn = self.engine.store.read().await?;
        let status = Some(OrderStatus::AwaitingApproval);
        let filter = OrderFilter { status, ..OrderFilter::default() };
        let mut waiting = orders::list(conn.conn(), &filter, None, i64::MAX).await?;
        waiting.sort_by_key(|it| it.id);
        Ok(waiting)
    }

    /// Hands suits in at court five days after their approval.
    #[cfg(feature = "legal")]
    async fn file(&self, day: Date) -> Result<()> {
        let opened = {
            let mut conn = self.engine.store.read().await?;
            plugin_legal::open_matters(conn.conn()).await?
        };
        let ripe: Vec<_> = opened
            .into_iter()
            .filter(|it| {
                it.status == "opened" && it.since_on.saturating_add(5.days()) <= day
            })
            .collect();
        if ripe.is_empty() {
            return Ok(());
        }
        let engine = self.engine;
        let now = engine.clock.now();
        let mut work = engine.begin(&now).await?;
        let plugins = engine.plugins();
        let forms = entries::form_named("legal", "filed").zip(plugins.named("legal"));
        let ((_, form), plugin) = forms.context("没有法务插件 · no legal plugin")?;
        let by = &supervisor(self.book)?.name;
        for it in &ripe {
            let values = json!({
                "on": day.to_string(),
                "court": "青石县人民法院(虚构)",
                "court_no": format!("(2026)青石民初{}号(虚构)", it.id),
            });
            let Value::Object(values) = values else { continue };
            let filled = Filled {
                form,
                order: it.id,
                case_id: it.case_id,
                values: &values,
                by,
                reason: "收件凭证已归档",
                sure: true,
            };
            // What was paid or has changed in the meantime is not filed.
            let entered = engine.enter(work.tx(), &now, plugin, &filled).await;
            if let Err(error) = entered
                && !matches!(error.downcast_ref(), Some(EntryError::Refused(_)))
            {
                return Err(error);
            }
        }
        work.commit().await?;
        Ok(())
    }

    #[cfg(not(feature = "legal"))]
    async fn file(&self, _: Date) -> Result<()> {
        Ok(())
    }

    /// Four tasks of five are done a few days after they were opened; a visit
    /// whose reason has gone leaves its task behind, and it is closed as well.
    async fn clear_tasks(&self, day: Date) -> Result<()> {
        let engine = self.engine;
        let now = engine.clock.now();
        let by = &supervisor(self.book)?.name;
        let mut tx = engine.begin_silent(Silence::Tasks).await?;
        let opened_until = now.ms - CLEAR_AFTER_DAYS * DAY_MS;
        let due_before = day.saturating_sub(7.days());
        simulated::clear_tasks(tx.conn(), &now, opened_until, due_before, by).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// What the two collectors report.
#[cfg(feature = "visit")]
fn visit_result(
    order: OrderId,
    reaction: &synthetic::Reaction,
    pair: &[String],
    day: Date,
) -> plugin_visit::VisitResult {
    use plugin_visit::{Evidence, VisitOutcome};
    let met = reaction.outcome == Some("met");
    // One person met in two signs for the demand.
    let signs = met && reaction.promise.is_none() && order.0 % 2 == 0;
    let outcome = match (met, reaction.promise) {
        (false, _) => VisitOutcome::Absent,
        (true, Some(_)) => VisitOutcome::Promised,
        (true, None) if signs => VisitOutcome::NoticeSigned,
        (true, None) => VisitOutcome::Met,
    };
    plugin_visit::VisitResult {
        outcome,
        visited_on: day,
        collectors: pair.to_vec(),
        place: None,
        receipt: signs.then(|| format!("HZ{order}")),
        evidence: signs.then_some(Evidence::Proved),
        note: None,
    }
}
