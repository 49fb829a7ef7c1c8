//! The room a script runs in (沙箱): few tools, bounded time, bounded memory.

use std::rc::Rc;

use mlua::{Function, Lua, LuaOptions, StdLib, Table, Value, VmState};

use crate::fault::Expired;

pub mod limits;

pub(crate) mod compiled;
pub(crate) mod meter;

pub use limits::{Environment, Limits};
use meter::Meter;

/// Closes the single C calls that no interrupt can stop.
const PRELUDE: &str = include_str!("sandbox/prelude.lua");

/// Where the state keeps the function that makes a memo.
const MEMO: &str = "memo";

/// What staff can call of the basic library; the rest is not there at all.
///
/// `setmetatable` and its kin are left out on purpose: without them no script
/// can hang code on an operator, which closes most ways to hide a long loop.
const STAFF_BASE: &[&str] = &[
    "assert", "error", "ipairs", "next", "pairs", "pcall", "select", "tonumber",
    "tostring", "type", "xpcall", "string", "table", "math", "utf8",
];

/// Functions of the libraries that staff have no use for, or that give other
/// answers on another day.
const STAFF_REMOVED: &[(&str, &[&str])] = &[
    ("math", &["random", "randomseed", "noise"]),
    ("table", &["foreach", "foreachi", "getn", "freeze", "isfrozen", "clone", "create"]),
    ("string", &["pack", "packsize", "unpack"]),
];

/// Names of the basic library that nobody gets: they read files, run other
/// code or look at the engine.
const REMOVED_FROM_ALL: &[&str] = &["require", "print"];

/// The same, for staff.
const REMOVED_FROM_STAFF: &[&str] =
    &["loadstring", "getfenv", "setfenv", "collectgarbage", "gcinfo", "newproxy"];

/// A fresh state under limits; the meter stops it, once started.
pub(crate) fn new_state(limits: &Limits, meter: &Rc<Meter>) -> mlua::Result<Lua> {
    let libraries = match limits.environment {
        Environment::Staff => {
            StdLib::TABLE | StdLib::STRING | StdLib::MATH | StdLib::UTF8
        }
        Environment::FullLuau => StdLib::ALL_SAFE,
    };
    let lua = Lua::new_with(libraries, LuaOptions::new())?;
    lua.set_memory_limit(limits.memory)?;
    lua.set_compiler(compiled::compiler());
    let memo: Function = compiled::load(&lua, PRELUDE, "=sandbox", None)?.call(())?;
    lua.set_named_registry_value(MEMO, memo)?;
    remove(&lua, limits.environment)?;
    lua.sandbox(true)?;
    let meter = Rc::clone(meter);
    lua.set_interrupt(move |_| match meter.tick() {
        None => Ok(VmState::Continue),
        Some(_) => Err(mlua::Error::external(Expired)),
    });
    Ok(lua)
}

/// A memo and what stands behind it: reads and writes of the first table go to
/// `__index` of the second.
pub(crate) fn new_memo(lua: &Lua) -> mlua::Result<(Table, Table)> {
    lua.named_registry_value::<Function>(MEMO)?.call(())
}

fn remove(lua: &Lua, environment: Environment) -> mlua::Result<()> {
    let globals = lua.globals();
    for name in REMOVED_FROM_ALL {
        globals.raw_remove(*name)?;
    }
    if environment == Environment::FullLuau {
        return Ok(());
    }
    for name in REMOVED_FROM_STAFF {
        globals.raw_remove(*name)?;
    }
    for (library, names) in STAFF_REMOVED {
        let library: Table = globals.raw_get(*library)?;
        for name in *names {
            library.raw_remove(*name)?;
        }
    }
    Ok(())
}

/// The basic functions a file may see, by name.
pub(crate) fn base(
    lua: &Lua,
    environment: Environment,
) -> mlua::Result<Vec<(String, Value)>> {
    // After `sandbox(true)` the globals are a proxy; reads still go through it.
    let globals = lua.globals();
    if environment == Environment::Staff {
        let read = |name: &&str| Ok(((*name).to_owned(), globals.get::<Value>(*name)?));
        return STAFF_BASE.iter().map(read).collect();
    }
    let all = FULL_BASE.iter().map(|name| Ok(((*name).to_owned(), globals.get(*name)?)));
    let all: Vec<(String, Value)> = all.collect::<mlua::Result<_>>()?;
    Ok(all.into_iter().filter(|(_, it)| !it.is_nil()).collect())
}

/// Everything Luau has, for the tests that try to break out.
const FULL_BASE: &[&str] = &[
    "assert",
    "error",
    "ipairs",
    "next",
    "pairs",
    "pcall",
    "select",
    "tonumber",
    "tostring",
    "type",
    "xpcall",
    "string",
    "table",
    "math",
    "utf8",
    "setmetatable",
    "getmetatable",
    "rawget",
    "rawset",
    "rawequal",
    "rawlen",
    "unpack",
    "typeof",
    "loadstring",
    "getfenv",
    "setfenv",
    "collectgarbage",
    "gcinfo",
    "newproxy",
    "os",
    "debug",
    "coroutine",
    "bit32",
    "buffer",
    "vector",
    "integer",
    "_G",
    "_VERSION",
];
