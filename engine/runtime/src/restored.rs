//! Taking stock of a store that was put back (恢复清点): what left after the backup
//! is found in the logs, and what nobody can know is asked of a person.

use std::collections::{HashMap, HashSet};

use anyhow::Result;
use domain::event::OrderEvent;
use domain::ids::OrderId;
use domain::manifest::DeliveryClass;
use domain::status::OrderStatus;
use jiff::civil::DateTime;
use serde::Serialize;
use store::departures::{Departure, IN_HAND_MS};
use store::mark::SetBack;
use store::outbox::{self, Leased};
use store::restored::{self, Gone, Pending, Restore};
use store::sending::{self, Cause, NewStop, Scope};
use store::{Conn, Now, hand_over};

use crate::Engine;
use crate::settlement::DeliveryOutcome;
use crate::work::Signature;

/// Those that honour their key.
const AGAIN: DeliveryClass = DeliveryClass::AtLeastOnce;

/// What is known from outside the store.
#[derive(Debug, Default)]
pub struct Logs {
    /// Departures of this site, also from before it was lost.
    pub departures: Vec<Departure>,
    /// Keys that a gateway says it took.
    pub taken: HashSet<String>,
}

/// What taking stock came to.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Stock {
    /// Orders of the store that had arrived.
    pub delivered: usize,
    /// Orders that a person has to find out about.
    pub unknown: usize,
    /// What left and was on record nowhere: the order given for it does not
    /// leave once more.
    pub noted: usize,
    /// Messages that a gateway took and that belong to no order of this store.
    pub nobodys: usize,
    /// The stop that holds everything until a person has looked, where no log
    /// tells all that left.
    pub stop: Option<i64>,
}

impl Engine {
    /// Takes stock of a store that was put back, by whatever hand, and takes it
    /// as the one that counts from here on.
    ///
    /// # Errors
    ///
    /// The logs or the store cannot be read or written; nothing was changed then.
    pub async fn take_stock(
        &self,
        found: &SetBack,
        mut logs: Logs,
        by: &str,
        reason: &str,
    ) -> Result<Stock> {
        let now = self.clock.now();
        if let Some(log) = self.store.departures() {
            let own = log.since(found.backup_at - IN_HAND_MS)?;
            logs.departures.extend(own);
        }
        let known = Pending {
            backup_at: found.backup_at,
            log_is_whole: found.log_is_whole,
            next_id: found.next_id_noted,
        };
        let mut work = self.begin_by(Signature { by, reason }, &now).await?;
        let restore = Restore { known: &known, by, reason };
        let id = restored::begin(work.conn(), &now, restore).await?;
        let mut work = work.recorded().await?;
        let mut stock = self.compare(work.conn(), &now, (id, &known), &logs).await?;
        if !known.log_is_whole || 0 < stock.nobodys {
            let stop = everything(self.clock.civil(known.backup_at), by);
            stock.stop = Some(sending::place(work.conn(), &now, &stop).await?);
        }
        work.commit().await?;
        self.store.is_answered_for().await?;
        self.sending_changed();
        Ok(stock)
    }

    /// Holds what left against what the store knows.
    async fn compare(
        &self,
        conn: &mut Conn,
        now: &Now,
        (restore, known): (i64, &Pending),
        logs: &Logs,
    ) -> Result<Stock> {
        let mut outcomes: HashMap<&str, (OrderStatus, Option<&Departure>)> = logs
            .taken
            .iter()
            .map(|key| (key.as_str(), (OrderStatus::Delivered, None)))
            .collect();
        for departure in &logs.departures {
            let is_taken = logs.taken.contains(&departure.key);
            let taken = is_taken.then_some(OrderStatus::Delivered);
            if let Some(became) = taken.or(departure.outcome()) {
                outcomes.insert(&departure.key, (became, Some(departure)));
            }
        }
        // Nothing counts twice that was noted when a store was put back before.
        let noted = restored::noted(conn, outcomes.keys().copied()).await?;
        outcomes.retain(|key, _| !noted.contains(*key));
        let keys: Vec<&str> = outcomes.keys().copied().collect();
        let orders = restored::by_key(conn, &keys).await?;
        let (mut arrived, mut unknown, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        let mut may_have_left: Vec<OrderId> = Vec::new();
        let mut nobodys = 0;
        for (key, (became, departure)) in &outcomes {
            match (orders.get(*key), departure) {
                (Some((id, status, epoch)), _) => {
                    if is_open(*status, *epoch, *became, *departure) {
                        let list = if *became == OrderStatus::Delivered {
                            &mut arrived
                        } else {
                            &mut unknown
                        };
                        let at = departure.map_or(now.ms, |it| it.at);
                        list.push((OrderId(*id), at));
                    }
                }
                (None, Some(departure)) => gone.push(Gone {
                    departure,
                    became: *became,
                    left: self.clock.civil(departure.at),
                }),
                // Whose it was nobody here can tell: a person has to.
                (None, None) => nobodys += 1,
            }
        }
        gone.sort_by_key(|it| (it.departure.at, it.departure.order));
        let id = self.store.id();
        restored::note_left(conn, now, id, (restore, known.backup_at), &gone).await?;
        if !known.log_is_whole {
            let may_have = restored::may_have_left(conn, now).await?;
            let open =
                may_have.into_iter().filter(|it| !outcomes.contains_key(it.1.as_str()));
            may_have_left = open.map(|it| it.0).collect();
        }
        let numbers = |of: &[(OrderId, i64)]| of.iter().map(|it| it.0).collect();
        let (came, mut left): (Vec<_>, Vec<_>) = (numbers(&arrived), numbers(&unknown));
        left.append(&mut may_have_left);
        let (delivered, unknown_now) = (OrderStatus::Delivered, OrderStatus::Unknown);
        let settled = self.settle_by_logs(conn, now, &came, delivered).await?;
        let open = self.settle_by_logs(conn, now, &left, unknown_now).await?;
        // When the others left, if they did, nobody knows.
        self.note_departed(conn, &arrived, delivered).await?;
        self.note_departed(conn, &unknown, unknown_now).await?;
        let noted = gone.len();
        Ok(Stock { delivered: settled, unknown: open, noted, nobodys, stop: None })
    }

    /// Writes down when orders left that are on record as a contact nowhere.
    pub(super) async fn note_departed(
        &self,
        conn: &mut Conn,
        orders: &[(OrderId, i64)],
        became: OrderStatus,
    ) -> Result<()> {
        let departed: Vec<hand_over::Departed> = orders
            .iter()
            .map(|(order, at)| {
                let civil = self.clock.civil(*at);
                let minute = i64::from(civil.hour()) * 60 + i64::from(civil.minute());
                (*order, *at, civil.date(), minute, became)
            })
            .collect();
        Ok(hand_over::note_missing(conn, &departed).await?)
    }

    /// Settles orders as having left before the store was put back.
    async fn settle_by_logs(
        &self,
        conn: &mut Conn,
        now: &Now,
        orders: &[OrderId],
        became: OrderStatus,
    ) -> Result<usize> {
        let Some(runtime) = self.runtime().filter(|_| !orders.is_empty()) else {
            return Ok(0);
        };
        let event = match became {
            OrderStatus::Delivered => OrderEvent::Delivered,
            _ => OrderEvent::Unknown,
        };
        let taken = outbox::take(conn, now, orders).await?;
        let settled: Vec<(Leased, DeliveryOutcome)> = taken
            .into_iter()
            .map(|order| {
                let settled =
                    DeliveryOutcome::new(became, now.ms, restored::NOTE).raising(event);
                (order, settled)
            })
            .collect();
        self.write_settled(conn, &runtime, now, &settled).await?;
        Ok(settled.len())
    }
}

/// The stop of everything, where no log tells what left.
fn everything(backup: DateTime, by: &str) -> NewStop {
    let day = backup.strftime("%F %H:%M");
    NewStop {
        scope: Scope::All,
        target: String::new(),
        release: None,
        plugin: None,
        up_to: None,
        cause: Cause::Person,
        reason: format!(
            "由 {day} 的备份恢复,其后送出的已不可考:核对后再放行 · restored from the backup of {day}, what left since is not known: look before letting go"
        ),
        by: by.to_owned(),
    }
}

/// Whether what a log says of an order settles it: the store does not know better, and
/// it does not go once more.
fn is_open(
    status: OrderStatus,
    epoch: i64,
    became: OrderStatus,
    departure: Option<&Departure>,
) -> bool {
    let older = departure.is_some_and(|left| left.epoch < epoch);
    let newer = departure.is_some_and(|left| epoch < left.epoch);
    // What a person let go after the backup left under a later lease.
    let open = match status {
        OrderStatus::Pending | OrderStatus::Held | OrderStatus::Leased => true,
        OrderStatus::Unknown | OrderStatus::Failed | OrderStatus::AwaitingApproval => {
            newer
        }
        _ => false,
    };
    // It honours its key, and may go once more under it.
    let again = became == OrderStatus::Unknown
        && departure.is_some_and(|left| left.delivery == AGAIN.as_str());
    open && !older && !again
}
