//! What a script can say (脚本词汇): one table of names a file, built here.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use domain::decision::Decision;
use domain::facts::CaseFacts;
use domain::ids::PartyId;
use domain::order::OrderDraft;
use jiff::civil::Date;
use mlua::{Lua, Table};

use crate::program::Catalog;
use crate::sandbox::limits::Limits;
use crate::sandbox::meter::Meter;

pub(crate) mod names;
pub(crate) mod time;
pub(crate) mod values;
pub(crate) mod facts;
pub(crate) mod verbs;
pub(crate) mod decisions;
pub(crate) mod keys;
pub(crate) mod declare;
pub(crate) mod memo;

/// What the file is being used for at this moment.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Phase {
    /// Its body runs: it declares.
    Loading,
    /// A handler runs: it decides.
    Handling,
    /// The `where` of `enrol` runs: it says yes or no.
    Choosing,
}

/// What one call has said so far.
#[derive(Debug, Default)]
pub(crate) struct Call {
    /// Grows with every call, so that no decision can be kept for later.
    pub(crate) serial: u64,
    pub(crate) decisions: Vec<Made>,
    pub(crate) orders: Vec<OrderDraft>,
    pub(crate) starts: Vec<String>,
    pub(crate) today: Option<Date>,
    pub(crate) debtor: Option<PartyId>,
    pub(crate) collector: Option<String>,
}

/// A decision that was made, and where.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    pub(crate) verb: &'static str,
    pub(crate) decision: Decision,
    pub(crate) line: u32,
}

/// What the functions of one file share.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) file: String,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) templates: Vec<String>,
    pub(crate) limits: Limits,
    pub(crate) meter: Rc<Meter>,
    pub(crate) phase: Cell<Phase>,
    pub(crate) call: RefCell<Call>,
}

impl Context {
    /// Begins a call: nothing said yet, a new allowance.
    pub(crate) fn begin(&self, phase: Phase, facts: &CaseFacts) {
        let mut call = self.call.borrow_mut();
        call.serial += 1;
        call.decisions.clear();
        call.orders.clear();
        call.starts.clear();
        call.today = Some(facts.today);
        call.debtor = facts.debtor.as_ref().map(|debtor| debtor.id);
        call.collector.clone_from(&facts.collector);
        drop(call);
        self.phase.set(phase);
        self.meter.start();
    }

    /// `remind.lua:14`.
    pub(crate) fn place(&self, line: u32) -> String {
        format!("{}:{line}", self.file)
    }
}

/// Adds everything that handlers and bodies share to the names of a file.
pub(crate) fn install(lua: &Lua, names: &Table, ctx: &Rc<Context>) -> mlua::Result<()> {
    time::install(lua, names, ctx)?;
    values::install(lua, names)?;
    facts::install(lua, ctx)?;
    verbs::install(lua, names, ctx)?;
    decisions::install(lua, names, ctx)
}
