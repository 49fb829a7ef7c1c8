//! The words of events as staff say them (事件用语), of this build's plugins too.

use domain::event::EventSpec;
use domain::manifest::Said;
use domain::say::Lang;
use runtime::words::{BY, Words};

/// What happens to a case, as the tables of events call it, and what else a handler
/// is asked about.
pub const EVENTS: Words = Words::of(&NAMED_EVENTS);

const NAMED_EVENTS: [Said; OTHERS.len() + count(crate::EVENTS)] = {
    let mut words = [("", "", &[] as &[&str]); OTHERS.len() + count(crate::EVENTS)];
    let (mut at, mut list) = (0, 0);
    while list < crate::EVENTS.len() {
        let mut row = 0;
        while row < crate::EVENTS[list].len() {
            words[at] = named(&crate::EVENTS[list][row]);
            (at, row) = (at + 1, row + 1);
        }
        list += 1;
    }
    let mut other = 0;
    while other < OTHERS.len() {
        words[at] = OTHERS[other];
        (at, other) = (at + 1, other + 1);
    }
    words
};

/// What no event brings about.
const OTHERS: [Said; 2] = [("enter", "进入", &[]), ("timer", "到时", &[])];

const fn count(lists: &[&[EventSpec]]) -> usize {
    let (mut count, mut at) = (0, 0);
    while at < lists.len() {
        count += lists[at].len();
        at += 1;
    }
    count
}

const fn named(spec: &'static EventSpec) -> Said {
    let (first, others) = spec.called.split_first().expect("staff have a word for it");
    (spec.name, first, others)
}

/// Who did or asked for something: a person, a part of the program, or, as
/// `workflow:remind`, a workflow.
pub fn by(text: &str, lang: Lang) -> String {
    if lang == Lang::En {
        return text.to_owned();
    }
    match text.split_once(':') {
        Some(("workflow", name)) => format!("流程 {name}"),
        Some(("start", name)) => format!("由 {name} 开办"),
        Some(("become", name)) => format!("由 {name} 转来"),
        Some(("event", kind)) => {
            format!("事件 {}", EVENTS.said(kind).unwrap_or(kind))
        }
        _ => BY.said(text).unwrap_or(text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::Path;

    use runtime::words::VERBS;

    use super::*;

    /// Files and lists say of a visit what its form says.
    #[cfg(feature = "visit")]
    #[test]
    fn what_a_visit_comes_to_is_said_in_one_way() {
        use runtime::words::VISITS;

        let form =
            plugin_visit::MANIFEST.entries.iter().find(|entry| entry.name == "done");
        let field = form.and_then(|form| form.field("outcome")).expect("a visit has one");
        assert_eq!(VISITS.rows(), field.said);
    }

    #[test]
    fn every_event_and_every_verb_has_a_chinese_word() {
        let plugins = crate::all(&BTreeMap::new(), Path::new("/nonexistent"));
        let catalog = plugins.unwrap().catalog();
        let events = catalog.all_events().map(|event| (event.name, EVENTS));
        for (word, list) in
            events.chain(catalog.all_verbs().map(|verb| (verb.name, VERBS)))
        {
            assert!(list.said(word).is_some(), "{word}");
        }
    }

    #[test]
    fn what_staff_type_for_an_event_is_the_word_of_the_program() {
        assert_eq!(EVENTS.typed("投诉".to_owned()), "complaint");
    }

    #[test]
    fn no_two_events_are_typed_alike() {
        let rows = EVENTS.rows();
        let typed: Vec<&str> =
            rows.iter().flat_map(|row| row.2.iter().copied().chain([row.1])).collect();
        assert_eq!(typed.iter().collect::<BTreeSet<_>>().len(), typed.len());
    }
}
