//! Workflow scripts (流程脚本): load, check and run them in a sandbox.
//!
//! In reading order: what a folder is ([`program`], [`folder`]), what can be
//! wrong with it ([`finding`]), the room scripts run in ([`sandbox`]), how a
//! folder becomes a program ([`loading`]), how a case gets its answer
//! ([`worker`], [`fault`]), how staff test what they write ([`testing`]), and what
//! helps them to write it ([`check`], [`stub`], [`mod@reference`],
//! [`graph`]). [`progress`] says which file all that is about at any moment.

pub mod program;
pub mod finding;
pub mod check;
pub mod folder;
pub mod sandbox;
pub mod loading;
pub mod worker;
pub mod fault;
pub mod testing;
pub mod stub;
pub mod reference;
pub mod graph;
pub mod progress;

mod api;
mod catalog;
mod settings;
mod unit;

pub use fault::{StepError, StepErrorKind};
pub use worker::Worker;
