//! Runs a test file (运行测试): every test in a fresh state and a fresh world.

use std::cell::RefCell;
use std::rc::Rc;

use mlua::chunk::ChunkMode;
use mlua::{Function, Lua, Value};

use super::hooks::{self, Failed, Session};
use super::{Failure, Outcome, TestResult, World};
use crate::api::{names, time, values};
use crate::fault::{self, Fault, caller_line};
use crate::program::Catalog;
use crate::sandbox;
use crate::sandbox::limits::Limits;
use crate::sandbox::meter::Meter;

/// A test as the file registers it.
#[derive(Clone, Debug)]
struct Test {
    name: String,
    line: u32,
    body: Function,
}

/// Makes one world a test.
pub type NewWorld<'a> = &'a mut dyn FnMut() -> Result<Box<dyn World>, String>;

/// Runs every test of a file, in the order written.
///
/// The file sees the units, `date`, `yuan` and `test`, under the same sandbox
/// as a script. A test may use `limits` for itself; what the world does is not
/// charged. A file that cannot be read, or holds no test, is one failed test.
pub fn run_tests(
    file: &str,
    text: &str,
    catalog: &Catalog,
    new_world: NewWorld<'_>,
    limits: &Limits,
) -> Vec<TestResult> {
    let count = match State::load(file, text, limits) {
        Ok(state) => state.tests.borrow().len(),
        Err(failure) => return vec![broken(file, failure)],
    };
    if count == 0 {
        let expected = "test(\"…\", function(t) … end)".to_owned();
        let got = "文件里没有测试 (the file holds no test)".to_owned();
        return vec![broken(
            file,
            Failure { expected, got, line: 1, ..Failure::default() },
        )];
    }
    (0..count).map(|index| one(file, text, index, catalog, new_world, limits)).collect()
}

/// A loaded test file.
struct State {
    lua: Lua,
    meter: Rc<Meter>,
    tests: Rc<RefCell<Vec<Test>>>,
}

impl State {
    fn load(file: &str, text: &str, limits: &Limits) -> Result<Self, Failure> {
        let meter = Rc::new(Meter::new(limits));
        let tests = Rc::new(RefCell::new(Vec::new()));
        let loaded = Self::run(file, text, limits, &meter, &tests);
        match loaded {
            Ok(lua) if meter.breach().is_none() => Ok(Self { lua, meter, tests }),
            Ok(_) => Err(broke(file, &mlua::Error::runtime(""), &meter)),
            Err(error) => Err(broke(file, &error, &meter)),
        }
    }

    fn run(
        file: &str,
        text: &str,
        limits: &Limits,
        meter: &Rc<Meter>,
        tests: &Rc<RefCell<Vec<Test>>>,
    ) -> mlua::Result<Lua> {
        let lua = sandbox::new_state(limits, meter)?;
        let names = names::new(&lua, limits.environment)?;
        time::units(&lua, &names.known)?;
        values::yuan(&lua, &names.known)?;
        let register = Rc::clone(tests);
        let keyword = lua.create_function(move |lua, (name, body): (Value, Value)| {
            let (Some(name), Value::Function(body)) = (values::text(&name), body) else {
                let fault = Fault::new(
                    "测试应写成 test(\"…\", function(t) … end)",
                    "write a test as test(\"…\", function(t) … end)",
                );
                return Err(fault.raise(lua));
            };
            register.borrow_mut().push(Test { name, line: caller_line(lua), body });
            Ok(())
        })?;
        names.known.raw_set("test", keyword)?;
        let body = lua
            .load(text)
            .set_name(format!("={file}"))
            .set_mode(ChunkMode::Text)
            .set_environment(names.env)
            .into_function()?;
        meter.start();
        body.call::<()>(())?;
        Ok(lua)
    }
}

fn one(
    file: &str,
    text: &str,
    index: usize,
    catalog: &Catalog,
    new_world: NewWorld<'_>,
    limits: &Limits,
) -> TestResult {
    let state = match State::load(file, text, limits) {
        Ok(state) => state,
        Err(failure) => return broken(file, failure),
    };
    let Some(Test { name, line, body }) = state.tests.borrow().get(index).cloned() else {
        return broken(file, Failure::default());
    };
    let outcome = match new_world() {
        Ok(world) => run_one(file, &state, &body, catalog, world),
        Err(why) => Outcome::Failed(Failure { line, got: why, ..Failure::default() }),
    };
    TestResult { name, file: file.to_owned(), line, outcome }
}

fn run_one(
    file: &str,
    state: &State,
    body: &Function,
    catalog: &Catalog,
    world: Box<dyn World>,
) -> Outcome {
    let session = Rc::new(Session::new(file, catalog.clone(), world, &state.meter));
    state.meter.start();
    let result =
        hooks::handle(&state.lua, &session).and_then(|handle| body.call::<()>(handle));
    let failure = match result {
        Ok(()) if state.meter.breach().is_none() => return Outcome::Passed,
        Ok(()) => broke(file, &mlua::Error::runtime(""), &state.meter),
        Err(error) => match hooks::failed(&error) {
            Some(Failed(failure)) => failure.clone(),
            None => session.placed(broke(file, &error, &state.meter)),
        },
    };
    Outcome::Failed(failure)
}

/// A test that stopped by itself.
fn broke(file: &str, error: &mlua::Error, meter: &Meter) -> Failure {
    let error = fault::step_error(file, error, meter.breach());
    let expected = "测试运行到底 (the test runs to its end)".to_owned();
    Failure { line: error.line, expected, got: error.message, ..Failure::default() }
}

fn broken(file: &str, failure: Failure) -> TestResult {
    let name = format!("{file} 能够载入 (it can be loaded)");
    let line = failure.line;
    TestResult { name, file: file.to_owned(), line, outcome: Outcome::Failed(failure) }
}
