//! The pictures of the example workflow (流程图的测试).

use super::layers::rows;
use super::*;
use crate::check::{fixture, flow};
use crate::loading;
use crate::program::Program;
use crate::sandbox::limits::Limits;

fn remind() -> (Workflow, Flows) {
    let (catalog, folder) = (fixture::catalog(), fixture::folder(&fixture::remind()));
    let program = loading::load(&folder, &catalog, &Limits::default()).program;
    let flows = flow(&folder, &program);
    (program.workflows["remind"].clone(), flows)
}

#[test]
fn the_ways_of_the_example_are_read_from_its_text() {
    let (_, flows) = remind();
    let flow = &flows.workflows["remind"];
    let told = |stage: &str| -> Vec<String> {
        let edges = flow.stages[stage].iter();
        edges
            .map(|edge| {
                let on = edge.on.as_deref().unwrap_or("-");
                format!("{:?} {} {on} {}", edge.kind, edge.to, edge.line)
            })
            .collect()
    };
    assert_eq!(told("first_sms"), ["Next first_call - 17"]);
    assert_eq!(
        told("first_call"),
        ["Wait check_promise promise 25", "Wait hand_over - 23"]
    );
    assert_eq!(told("check_promise"), ["Wait first_call - 32", "Become visit - 30"]);
    assert_eq!(told("hand_over"), ["Become visit - 36"]);
    assert_eq!(flow.always.len(), 3);
    assert!(!flow.open);
    let targets: Vec<&str> = flow.targets("first_call").into_iter().collect();
    assert_eq!(targets, ["check_promise", "hand_over"]);
}

#[test]
fn helpers_and_choices_are_followed() {
    let text = format!(
        "{}local NEXT = \"b\"\n\
         local function turn(case) return go(case.on_hold and \"a\" or NEXT) end\n\
         stage \"first\" {{ enter = turn }}\n\
         stage \"a\" {{ finish = \"x\" }}\n\
         stage \"b\" {{ enter = function(case) return wait(1 * days, memo.next) end }}",
        fixture::HEADER
    );
    let folder = fixture::folder(&[("example.lua", &text)]);
    let flows = flow(&folder, &Program::default());
    let flow = &flows.workflows["example"];
    let targets: Vec<&str> = flow.targets("first").into_iter().collect();
    assert_eq!(targets, ["a", "b"]);
    assert_eq!(flow.stages["a"][0].kind, EdgeKind::Finish);
    assert!(flow.open, "the target of `b` is only known when it runs");
}

#[test]
fn mermaid_and_dot_show_titles_ways_and_exits() {
    let (workflow, flows) = remind();
    let text = mermaid(&workflow, &flows);
    for line in [
        "flowchart TD\n  n0([\"first_sms\"])\n  n1[\"首次电话\"]\n",
        "  n0 --> n1\n",
        "  n1 -.->|\"on promise,等待\"| n2\n",
        "[[\"→ visit\"]]",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    let text = dot(&workflow, &flows);
    for line in
        ["label=\"逾期提醒\"", "n0 [label=\"first_sms\", penwidth=2];", "n1 -> n2"]
    {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

#[test]
fn labels_cannot_break_out_of_the_picture() {
    let (mut workflow, flows) = remind();
    let stage = workflow.stages.get_mut("first_call").expect("the stage");
    stage.title_zh = "\"]<b>&|\\".to_owned();
    assert!(mermaid(&workflow, &flows).contains("[\"#quot;]#lt;b>&#124;\\\"]"));
    assert!(dot(&workflow, &flows).contains("[label=\"\\\"]<b>&|\\\\\"]"));
    assert!(svg(&workflow, &flows).contains(">\"]&lt;b&gt;&amp;|\\</text>"));
}

#[test]
fn boxes_of_the_drawing_do_not_overlap_and_every_box_has_a_row() {
    let (workflow, flows) = remind();
    let picture = Picture::new(&workflow, &flows);
    let rows = rows(&picture);
    let mut all: Vec<usize> = rows.iter().flatten().copied().collect();
    all.sort_unstable();
    assert_eq!(all, (0..picture.nodes.len()).collect::<Vec<_>>());
    assert_eq!(rows[0].first(), Some(&0), "the start stands on top");
    let text = svg(&workflow, &flows);
    let boxes: Vec<[i64; 3]> = text
        .lines()
        .filter(|line| line.starts_with("<rect"))
        .map(|line| {
            let part = |name: &str| -> i64 {
                let from = line.split_once(&format!(" {name}=\"")).expect(name).1;
                from.split('"').next().and_then(|part| part.parse().ok()).expect(name)
            };
            [part("x"), part("y"), part("width")]
        })
        .collect();
    assert_eq!(boxes.len(), picture.nodes.len());
    for (index, [x, y, width]) in boxes.iter().enumerate() {
        for [x2, y2, width2] in &boxes[index + 1..] {
            let clear = y != y2 || x + width <= *x2 || x2 + width2 <= *x;
            assert!(clear, "{text}");
        }
    }
    assert!(text.contains("首次电话") && text.ends_with("</svg>\n"));
}

#[test]
fn a_circle_of_many_stages_is_drawn() {
    let mut text = fixture::HEADER.replace("\"first\"", "\"s0\"");
    for at in 0..300 {
        let next = (at + 1) % 300;
        writeln!(text, "stage \"s{at}\" {{ wait = 1 * days, next = \"s{next}\" }}")
            .expect("text grows");
    }
    let catalog = fixture::catalog();
    let folder = fixture::folder(&[("example.lua", &text)]);
    let program = loading::load(&folder, &catalog, &Limits::default()).program;
    let flows = flow(&folder, &program);
    let picture = Picture::new(&program.workflows["example"], &flows);
    assert_eq!(rows(&picture).len(), 300);
}
