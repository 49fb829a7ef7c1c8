//! After loading, the tables of a file are closed (封存): a case that wrote into
//! one would be read by the next.

use std::collections::HashSet;
use std::ffi::c_int;

use mlua::{Function, Lua, MultiValue, Table, Value, ffi};

/// Makes every table read-only that these functions can reach: through the
/// locals of the file that they use, and through those of functions that they
/// call.
///
/// Assignments to the locals themselves cannot be stopped here; `W016` finds
/// them in the text.
///
/// # Errors
///
/// When the state has no memory left.
pub(super) fn freeze(
    lua: &Lua,
    functions: impl Iterator<Item = Function>,
) -> mlua::Result<()> {
    let mut seen = HashSet::new();
    let mut open: Vec<Value> = functions.map(Value::Function).collect();
    while let Some(value) = open.pop() {
        if !seen.insert(value.to_pointer()) {
            continue;
        }
        match value {
            Value::Function(function) => captured(lua, &function, &mut open)?,
            Value::Table(table) => close(&table, &mut open)?,
            _ => {}
        }
    }
    Ok(())
}

/// Closes a table and notes what lies in it. One that is closed already is
/// the house's own.
fn close(table: &Table, open: &mut Vec<Value>) -> mlua::Result<()> {
    if table.is_readonly() {
        return Ok(());
    }
    table.set_readonly(true);
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair?;
        open.extend([key, value].into_iter().filter(holds_more));
    }
    Ok(())
}

/// Notes what a function keeps of the text around it.
fn captured(lua: &Lua, function: &Function, open: &mut Vec<Value>) -> mlua::Result<()> {
    // Functions of the house keep values that no script may see.
    if function.info().what != "Lua" {
        return Ok(());
    }
    for place in 1.. {
        let Some(value) = upvalue(lua, function, place)? else { break };
        open.extend(Some(value).filter(holds_more));
    }
    Ok(())
}

fn holds_more(value: &Value) -> bool {
    matches!(value, Value::Table(_) | Value::Function(_))
}

/// One captured local by its place, from 1; `None` past the last.
///
/// Neither the language nor the library has another way to it.
#[expect(unsafe_code, reason = "the library has no safe call for captured locals")]
fn upvalue(lua: &Lua, function: &Function, place: c_int) -> mlua::Result<Option<Value>> {
    // SAFETY: the closure finds the function alone on the stack and leaves on
    // it either nothing or the one value that `lua_getupvalue` pushed; both
    // fit into the room that `exec_raw` has checked for. It neither raises nor
    // keeps a reference.
    let mut found = unsafe {
        lua.exec_raw::<MultiValue>(function, |state| {
            if ffi::lua_getupvalue(state, -1, place).is_null() {
                ffi::lua_settop(state, -2);
            } else {
                ffi::lua_remove(state, -2);
            }
        })?
    };
    Ok(found.pop_front())
}
