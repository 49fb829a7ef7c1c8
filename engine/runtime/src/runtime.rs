//! What a step runs under (运行环境): one release, the calendar, the policy and
//! the plugins that are on, fixed from the start of a batch to its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::calendar::Calendar;
use domain::conduct::PolicyPack;
use domain::ids::ReleaseId;
use domain::manifest::{Manifest, Verb};
use domain::wait::Opening;
use script::program::{Catalog, Folder, Program};
use store::plugin::Plugin;

use crate::letters::Letters;
use crate::usage::UsageTracker;

/// The plugins that are on, in a fixed order.
#[derive(Clone, Default)]
pub struct Plugins(Arc<Vec<Box<dyn Plugin>>>);

impl Plugins {
    /// Takes plugins into service.
    pub fn new(plugins: Vec<Box<dyn Plugin>>) -> Self {
        Self(Arc::new(plugins))
    }

    /// Every plugin.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Plugin> {
        self.0.iter().map(AsRef::as_ref)
    }

    /// The plugin of this name.
    pub fn named(&self, name: &str) -> Option<&dyn Plugin> {
        self.iter().find(|it| it.manifest().name == name)
    }

    /// What scripts may call.
    pub fn catalog(&self) -> Catalog {
        Catalog { plugins: self.iter().map(Plugin::manifest).collect() }
    }

    /// Every verb with the name of its plugin.
    pub fn verbs(&self) -> BTreeMap<&'static str, (&'static str, &'static Verb)> {
        let of = |it: &'static Manifest| it.verbs.iter().map(|verb| (it.name, verb));
        self.iter()
            .flat_map(|it| of(it.manifest()))
            .map(|(plugin, verb)| (verb.name, (plugin, verb)))
            .collect()
    }
}

/// A release made ready to run.
#[derive(Clone)]
pub struct Runtime {
    /// The release's number in the store.
    pub release_id: ReleaseId,
    /// The number people use.
    pub number: i64,
    /// Texts of the folder.
    pub folder: Arc<Folder>,
    /// The registered workflows.
    pub program: Program,
    /// The message templates.
    pub letters: Letters,
    /// Workdays.
    pub calendar: Arc<Calendar>,
    /// Rules of conduct.
    pub policy: PolicyPack,
    /// Opening time.
    pub opening: Opening,
    /// Verbs by name, with their plugin.
    pub verbs: BTreeMap<&'static str, (&'static str, &'static Verb)>,
    /// What scripts may call.
    pub catalog: Arc<Catalog>,
    /// The store's id, part of every idempotency key.
    pub store_id: String,
    /// What of the folder is used, for those who keep a list.
    pub usage: UsageTracker,
}

impl Runtime {
    /// Whether a workflow answers an event in a stage with a function.
    pub fn answers(&self, workflow: &str, stage: &str, event: &str) -> bool {
        self.program.workflows.get(workflow).is_some_and(|workflow| {
            workflow.always.iter().any(|on| on == event)
                || workflow
                    .stages
                    .get(stage)
                    .is_some_and(|stage| stage.on.iter().any(|on| on == event))
        })
    }
}
