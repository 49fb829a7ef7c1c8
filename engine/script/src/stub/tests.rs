//! The stub parses and offers every word (编辑器提示的测试).

use super::*;
use crate::check::fixture;
use crate::loading;
use crate::sandbox::limits::Limits;

#[test]
fn the_stub_parses_and_names_every_word() {
    let catalog = fixture::catalog();
    let text = stub(&catalog, None);
    let parsed = full_moon::parse_fallible(&text, full_moon::LuaVersion::lua51());
    assert!(parsed.errors().is_empty(), "{:?}", parsed.errors());
    for word in BUILTINS.iter().map(|builtin| builtin.name) {
        assert!(text.contains(&format!("\nfunction {word}(")), "{word}");
    }
    for verb in catalog.all_verbs() {
        assert!(text.contains(&format!("\nfunction {}(args) end", verb.name)));
    }
    for field in CASE_FIELDS {
        assert!(text.contains(&format!("\n---@field {} ", field.name)), "{}", field.name);
    }
    for event in catalog.all_events() {
        assert!(text.contains(&format!("---@field on_{}? ", event.name)));
    }
    assert_eq!(text, stub(&catalog, None));
}

#[test]
fn the_stub_of_a_folder_offers_its_names() {
    let (catalog, folder) = (fixture::catalog(), fixture::folder(&fixture::remind()));
    let program = loading::load(&folder, &catalog, &Limits::default()).program;
    let text = stub(&catalog, Some(&program));
    for line in [
        "---@alias StageName string|\"check_promise\"|\"done\"|\"first_call\"|\"first_sms\"|\"hand_over\"\n",
        "---@alias WorkflowName string|\"deceased\"|\"remind\"|\"visit\"\n",
        "---@alias TemplateName string|\"promise_broken\"|\"remind_1\"\n",
        "---@field first_wait Span\n",
        "---@type Settings\nsetting = nil\n",
        "---@param args sms.Args|TemplateName\n",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
