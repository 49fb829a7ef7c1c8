//! Compiled texts (编译结果), kept: each test and each workflow has a state of its
//! own, and most of them load the same few texts.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use mlua::chunk::{ChunkMode, Compiler};
use mlua::{Function, Lua, Table};

/// Bytes of texts and their compiled form that are kept altogether.
const MOST_BYTES: usize = 16 << 20;

/// How every text is compiled: with lines for errors, and fast to compile.
pub(super) fn compiler() -> Compiler {
    Compiler::new().set_optimization_level(1).set_debug_level(1)
}

/// Loads a text as a function, under the name that errors show.
///
/// # Errors
///
/// The text is not Lua, with its place.
pub(crate) fn load(
    lua: &Lua,
    text: &str,
    name: &str,
    environment: Option<Table>,
) -> mlua::Result<Function> {
    let compiled = of(text);
    let chunk = match &compiled {
        Some(compiled) => lua.load(&**compiled).set_mode(ChunkMode::Binary),
        // The engine's own words for it have the place.
        None => lua.load(text).set_mode(ChunkMode::Text),
    };
    let chunk = chunk.set_name(name);
    match environment {
        Some(environment) => chunk.set_environment(environment).into_function(),
        None => chunk.into_function(),
    }
}

#[derive(Default)]
struct Kept {
    bytes: usize,
    texts: HashMap<String, Arc<[u8]>>,
}

/// The compiled form of a text; `None` when it is not Lua.
fn of(text: &str) -> Option<Arc<[u8]>> {
    static KEPT: Mutex<Option<Kept>> = Mutex::new(None);
    let kept = || KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    let found = kept().as_ref().and_then(|it| it.texts.get(text).cloned());
    if found.is_some() {
        return found;
    }
    let compiled: Arc<[u8]> = compiler().compile(text).ok()?.into();
    let mut kept = kept();
    let all = kept.get_or_insert_default();
    let more = text.len() + compiled.len();
    // Old editions are of no use; what is still used is soon back.
    if MOST_BYTES < all.bytes + more {
        *all = Kept::default();
    }
    all.bytes += more;
    all.texts.insert(text.to_owned(), Arc::clone(&compiled));
    Some(compiled)
}
