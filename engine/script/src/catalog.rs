//! Looking up what the house offers to scripts (目录): verbs and events by name.

use domain::event::{CORE_EVENTS, EventSpec};
use domain::manifest::Verb;

use crate::program::Catalog;

impl Catalog {
    /// Every verb of every plugin that is on, in the order of the manifests.
    pub fn all_verbs(&self) -> impl Iterator<Item = &'static Verb> + '_ {
        self.plugins.iter().flat_map(|plugin| plugin.verbs)
    }

    /// The events of the house, then those of the plugins.
    pub fn all_events(&self) -> impl Iterator<Item = &'static EventSpec> + '_ {
        CORE_EVENTS.iter().chain(self.plugins.iter().flat_map(|plugin| plugin.events))
    }

    /// The verb of this name.
    pub fn find_verb(&self, name: &str) -> Option<&'static Verb> {
        self.all_verbs().find(|verb| verb.name == name)
    }

    /// The event of this name.
    pub fn find_event(&self, name: &str) -> Option<&'static EventSpec> {
        self.all_events().find(|event| event.name == name)
    }
}
