//! Settings in a test (测试里的设置项): `setting.call_after` reads one,
//! `t.settings { call_after = 3 * days }` sets it for this test.
//!
//! A test runs on what scripts declare, never on the site's settings.toml: it
//! fixes how a procedure behaves, and not after how many days.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use domain::near::nearest;
use mlua::{AnyUserData, Lua, MetaMethod, Table, UserData, UserDataMethods, Value};

use super::hooks::{Done, Session, fields, used_as};
use crate::api::names::word;
use crate::api::time::read_only;
use crate::api::values::text;
use crate::fault::Fault;
use crate::program::Program;
use crate::settings::{Declaration, Setting};

/// The settings of all workflows, with the values in force in one test.
#[derive(Debug)]
pub(super) struct Settings {
    /// The workflow of the test file.
    pub(super) own: String,
    of: BTreeMap<String, BTreeMap<String, Declaration>>,
    set: RefCell<BTreeMap<(String, String), Setting>>,
    /// The workflows of which a setting was read.
    pub(super) read: RefCell<BTreeSet<String>>,
}

impl Settings {
    /// Those that a program declares, for a test file.
    pub(super) fn new(file: &str, program: &Program) -> Self {
        let stem = file.strip_suffix("_test.lua").unwrap_or(file);
        let script = format!("{stem}.lua");
        // The file is named after the script, and not after what it declares.
        let own = program.workflows.values().find(|it| it.file == script);
        let own = own.map_or(stem, |it| it.name.as_str()).to_owned();
        let declared = |it: &crate::program::Workflow| {
            let settings = it.settings.iter();
            settings
                .filter_map(|(name, it)| Some((name.clone(), Declaration::of(it)?)))
                .collect()
        };
        let of = program.workflows.values().map(|it| (it.name.clone(), declared(it)));
        Self { own, of: of.collect(), set: RefCell::default(), read: RefCell::default() }
    }

    fn declared(&self, workflow: &str, name: &str) -> Result<&Declaration, Fault> {
        let Some(settings) = self.of.get(workflow) else {
            return Err(self.no_workflow(workflow));
        };
        settings.get(name).ok_or_else(|| {
            let meant = nearest(name, settings.keys().map(String::as_str));
            Fault::new(
                format!("流程 {workflow} 没有设置项 `{name}`"),
                format!("the workflow {workflow} declares no setting `{name}`"),
            )
            .code("W013")
            .suggesting(meant)
        })
    }

    fn no_workflow(&self, workflow: &str) -> Fault {
        let meant = nearest(workflow, self.of.keys().map(String::as_str));
        Fault::new(format!("没有流程 “{workflow}”"), format!("no workflow `{workflow}`"))
            .code("W004")
            .suggesting(meant)
    }

    fn value(&self, workflow: &str, name: &str) -> Result<Setting, Fault> {
        let declared = self.declared(workflow, name)?;
        self.read.borrow_mut().insert(workflow.to_owned());
        let set = self.set.borrow();
        let key = (workflow.to_owned(), name.to_owned());
        Ok(set.get(&key).unwrap_or(&declared.default).clone())
    }
}

/// `setting`, or `setting("visit")` for those of another workflow.
struct Reader {
    settings: Rc<Settings>,
    workflow: String,
}

impl UserData for Reader {
    fn add_methods<M: UserDataMethods<Self>>(methods: &mut M) {
        methods.add_meta_method(MetaMethod::Index, |lua, this, key: Value| {
            let value = this.settings.value(&this.workflow, &word(&key));
            value.map_err(|error| error.raise(lua))?.lua(lua)
        });
        methods.add_meta_method(MetaMethod::Call, |lua, this, workflow: Value| {
            let workflow = word(&workflow);
            if !this.settings.of.contains_key(&workflow) {
                return Err(this.settings.no_workflow(&workflow).raise(lua));
            }
            reader(lua, &this.settings, workflow)
        });
        methods.add_meta_function(MetaMethod::NewIndex, read_only);
    }
}

fn reader(
    lua: &Lua,
    settings: &Rc<Settings>,
    workflow: String,
) -> mlua::Result<AnyUserData> {
    lua.create_userdata(Reader { settings: Rc::clone(settings), workflow })
}

/// Adds `setting` to the names of a test file.
pub(super) fn install(
    lua: &Lua,
    names: &Table,
    settings: &Rc<Settings>,
) -> mlua::Result<()> {
    names.raw_set("setting", reader(lua, settings, settings.own.clone())?)
}

/// `t.settings { call_after = 3 * days }`, `t.settings("visit", { … })`.
pub(super) fn set(session: &Session, given: &[Value]) -> Done {
    const USAGE: &str = "t.settings { call_after = 3 * days }";
    let settings = &session.settings;
    let (workflow, table) = match given {
        [table @ Value::Table(_)] => (settings.own.clone(), table),
        [workflow, table @ Value::Table(_)] => {
            (text(workflow).ok_or_else(|| used_as(USAGE))?, table)
        }
        _ => return Err(used_as(USAGE).into()),
    };
    let (mut lines, mut values) = (BTreeMap::new(), Vec::new());
    for (name, value) in fields(Some(table), USAGE)? {
        let declared = settings.declared(&workflow, &name)?;
        let value = Setting::written(&value).ok_or_else(|| used_as(USAGE))?;
        lines.insert(name.clone(), declared.line(&name, &value)?);
        values.push(((workflow.clone(), name), value));
    }
    session.scenario(|it| it.set(&workflow, lines))?;
    settings.set.borrow_mut().extend(values);
    Ok(None)
}
