//! What a test file runs with (测试范围): the workflows that it reaches, as their
//! scripts declare them.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Result;
use domain::wait::Opening;
use runtime::Runtime;
use script::loading;
use script::program::{Folder, Program};
use script::sandbox::Limits;
use site::config::Config;

use crate::built_in;
use crate::scenario::passes::Fingerprints;

/// The workflows of one test file, ready to run.
pub(super) struct Scope {
    pub(super) runtime: Arc<Runtime>,
    /// What its tests hang on.
    pub(super) fingerprints: Fingerprints,
}

impl Scope {
    /// A folder as its scripts declare it, on the built-in rules of conduct.
    pub(super) fn whole(runtime: &Runtime, config: &Config) -> Result<Self> {
        let folder = loading::as_declared(&runtime.folder);
        let program = if folder.files.len() == runtime.folder.files.len() {
            runtime.program.clone()
        } else {
            loading::load(&folder, &runtime.catalog, &Limits::default()).program
        };
        let policy = built_in::policy(&config.policy);
        let calendar = built_in::calendar(&config.calendar).map(Arc::new);
        // A test says "a day later, at opening time": what it expects does not
        // hang on when this institution opens.
        let runtime = Runtime {
            folder: Arc::new(folder),
            program,
            policy: policy.unwrap_or_else(|| runtime.policy.clone()),
            calendar: calendar.unwrap_or_else(|| Arc::clone(&runtime.calendar)),
            opening: Opening::default(),
            ..runtime.clone()
        };
        Self::new(runtime, config)
    }

    /// The same with some of the workflows alone.
    pub(super) fn with(
        &self,
        workflows: &BTreeSet<String>,
        config: &Config,
    ) -> Result<Self> {
        let whole = &self.runtime;
        let kept = |it: &&String| workflows.contains(*it);
        if whole.program.workflows.keys().all(|key| kept(&key)) {
            return Self::new(Runtime::clone(whole), config);
        }
        let folder = loading::with_workflows(&whole.folder, &whole.program, workflows);
        let mut program: Program = whole.program.clone();
        program.workflows.retain(|name, _| kept(&name));
        Self::new(
            Runtime { folder: Arc::new(folder), program, ..Runtime::clone(whole) },
            config,
        )
    }

    fn new(runtime: Runtime, config: &Config) -> Result<Self> {
        let mut hung_on: Folder = Folder::clone(&runtime.folder);
        let shelve = |name: &str, is_built_in: bool| {
            let below = format!("{name}/");
            move |path: &String| is_built_in && path.starts_with(&below)
        };
        let policy = shelve("policies", built_in::policy(&config.policy).is_some());
        let calendar =
            shelve("calendars", built_in::calendar(&config.calendar).is_some());
        hung_on.files.retain(|path, _| !policy(path) && !calendar(path));
        let fingerprints = Fingerprints::read(&hung_on, &runtime.program)?;
        Ok(Self { runtime: Arc::new(runtime), fingerprints })
    }
}
