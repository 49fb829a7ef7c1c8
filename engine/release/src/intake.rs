//! Who comes in (纳入对照): what an edit changes of the cases that enter by
//! themselves, so that one that changes nothing of it costs nothing.

use std::collections::BTreeSet;
use std::path::Path;

use domain::enrolment::Enrolment;
use runtime::Runtime;
use script::check;
use script::program::{Folder, Workflow};

/// The workflows of a release that may take in other cases than they did before,
/// or that were not there.
pub fn changed(before: Option<&Runtime>, after: &Runtime) -> BTreeSet<String> {
    let workflows = after.program.workflows.values();
    let changed = workflows.filter(|workflow| workflow.enrol.is_some()).filter(|now| {
        let Some(before) = before else { return true };
        let was = before.program.workflows.get(&now.name);
        was.is_none_or(|was| !takes_in_alike((before, was), (after, now)))
    });
    changed.map(|changed| changed.name.clone()).collect()
}

fn takes_in_alike(
    (before, was): (&Runtime, &Workflow),
    (after, now): (&Runtime, &Workflow),
) -> bool {
    if was.lane != now.lane || was.enrol != now.enrol {
        return false;
    }
    if !now.enrol.as_ref().is_some_and(|it: &Enrolment| it.has_where) {
        return true;
    }
    // What a `where` function answers hangs on all that its file says.
    let text = |of: &Runtime, file: &str| {
        of.folder.files.get(file).map(|file| check::bare(file))
    };
    was.settings == now.settings
        && before.calendar == after.calendar
        && text(before, &was.file) == text(after, &now.file)
}

/// Whether two folders hold the same procedures: comments, spaces and tests of
/// scripts aside.
pub fn is_same_work(before: &Folder, after: &Folder) -> bool {
    let names: BTreeSet<&String> =
        before.files.keys().chain(after.files.keys()).collect();
    let mut names = names.into_iter().filter(|name| !name.ends_with("_test.lua"));
    names.all(|name| match (before.files.get(name), after.files.get(name)) {
        (Some(was), Some(now)) => {
            let is_script =
                Path::new(name).extension().is_some_and(|extension| extension == "lua");
            was == now || is_script && check::bare(was) == check::bare(now)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(text: &str) -> Folder {
        let files = [("a.lua", text), ("a_test.lua", text), ("settings.toml", "")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        Folder { files: files.into() }
    }

    #[test]
    fn a_comment_and_a_space_change_nothing_and_a_word_does() {
        let text = "workflow \"a\" { lane = 'x' }\nlocal n = 1 -- days\n";
        let table = [
            (text.to_owned(), true),
            (format!("{text}-- changed\n"), true),
            (format!("--[[ long\n ]]\n{text}"), true),
            (text.replace(" = ", "="), true),
            (text.replace('1', "2"), false),
            (text.replace("'x'", "'-- x'"), false),
            (text.replace("local n = 1", "local n = 1 1"), false),
        ];
        for (edited, wanted) in table {
            assert_eq!(is_same_work(&folder(text), &folder(&edited)), wanted, "{edited}");
        }
    }
}
