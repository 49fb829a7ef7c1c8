//! The drawing of a workflow (流程图绘制), without any outside program.

use std::fmt::Write as _;

use super::layers::rows;
use super::{Arrow, Picture, Shape};
use crate::check::Flows;
use crate::program::Workflow;

const BOX_HEIGHT: i64 = 36;
const ROW_GAP: i64 = 64;
const BOX_GAP: i64 = 28;
const MARGIN: i64 = 24;
const TITLE: i64 = 36;

/// Where a box stands, in pixels.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
struct Place {
    left: i64,
    top: i64,
    width: i64,
}

impl Place {
    fn middle(self) -> i64 {
        self.left + self.width / 2
    }

    fn bottom(self) -> i64 {
        self.top + BOX_HEIGHT
    }

    fn right(self) -> i64 {
        self.left + self.width
    }
}

/// The workflow as a complete SVG, top to bottom, titles in Chinese. Ways that
/// wait are dashed; ways back run along the right side.
pub fn svg(workflow: &Workflow, flows: &Flows) -> String {
    let picture = Picture::new(workflow, flows);
    let rows = rows(&picture);
    let (places, width) = places(&picture, &rows);
    let back =
        picture.arrows.iter().filter(|arrow| is_back(&picture, &places, arrow)).count();
    let lanes = i64::try_from(back).unwrap_or(0) * 14;
    let height = places.iter().map(|place| place.bottom()).max().unwrap_or(0) + MARGIN;
    let (full, title) = (width + lanes + 160, escaped(&workflow.title_zh));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {full} {height}\" \
         width=\"{full}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <title>{title}</title>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"7\" \
         markerHeight=\"7\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" fill=\"#475569\"/>\
         </marker></defs>\n\
         <text x=\"{MARGIN}\" y=\"26\" font-size=\"16\" fill=\"#0f172a\">{title}</text>\n"
    );
    let mut lane = 0;
    for arrow in &picture.arrows {
        draw_arrow(&mut out, &picture, &places, arrow, width, &mut lane);
    }
    for (node, place) in picture.nodes.iter().zip(&places) {
        draw_box(&mut out, &node.label, node.shape, *place);
    }
    out.push_str("</svg>\n");
    out
}

fn places(picture: &Picture, rows: &[Vec<usize>]) -> (Vec<Place>, i64) {
    let width_of = |node: &usize| text_width(&picture.nodes[*node].label) + 28;
    let row_width = |row: &Vec<usize>| {
        let gaps = i64::try_from(row.len().saturating_sub(1)).unwrap_or(0) * BOX_GAP;
        row.iter().map(width_of).sum::<i64>() + gaps
    };
    let widest = rows.iter().map(row_width).max().unwrap_or(0).max(200);
    let mut places = vec![Place::default(); picture.nodes.len()];
    let mut top = MARGIN + TITLE;
    for row in rows {
        let mut left = MARGIN + (widest - row_width(row)) / 2;
        for node in row {
            let width = width_of(node);
            places[*node] = Place { left, top, width };
            left += width + BOX_GAP;
        }
        top += BOX_HEIGHT + ROW_GAP;
    }
    (places, widest + 2 * MARGIN)
}

/// A rough measure: Chinese characters are square, others about half as wide.
fn text_width(text: &str) -> i64 {
    text.chars().map(|c| if c.is_ascii() { 8 } else { 14 }).sum()
}

fn draw_box(out: &mut String, label: &str, shape: Shape, place: Place) {
    let Place { left, top, width } = place;
    let (radius, stroke, weight, fill) = match shape {
        Shape::Stage => (6, "#475569", 1, "#f8fafc"),
        Shape::Start => (18, "#0f766e", 2, "#f0fdfa"),
        Shape::Workflow => (0, "#475569", 1, "#e2e8f0"),
        Shape::End => (18, "#475569", 1, "#e2e8f0"),
    };
    let (x, y, label) = (place.middle(), top + 23, escaped(label));
    writeln!(
        out,
        "<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"{BOX_HEIGHT}\" \
         rx=\"{radius}\" fill=\"{fill}\" stroke=\"{stroke}\" stroke-width=\"{weight}\"/>\n\
         <text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" fill=\"#0f172a\">{label}</text>"
    )
    .unwrap_or_default();
}

fn ends(picture: &Picture, places: &[Place], arrow: &Arrow) -> Option<(Place, Place)> {
    let place = |key: &str| {
        let at = picture.nodes.iter().position(|node| node.key == key)?;
        places.get(at).copied()
    };
    Some((place(&arrow.from)?, place(&arrow.to)?))
}

/// An arrow that does not lead downwards.
fn is_back(picture: &Picture, places: &[Place], arrow: &Arrow) -> bool {
    ends(picture, places, arrow).is_some_and(|(from, to)| to.top <= from.top)
}

fn draw_arrow(
    out: &mut String,
    picture: &Picture,
    places: &[Place],
    arrow: &Arrow,
    width: i64,
    lane: &mut i64,
) {
    let Some((from, to)) = ends(picture, places, arrow) else { return };
    let (path, x, y, anchor) = if to.top <= from.top {
        *lane += 1;
        let side = width + *lane * 14;
        let (start, end) = (from.top + BOX_HEIGHT / 2 + 6, to.top + BOX_HEIGHT / 2 - 6);
        let (out_of, into) = (from.right(), to.right());
        let path = format!("M{out_of} {start} H{side} V{end} H{into}");
        (path, side + 4, i64::midpoint(start, end), "start")
    } else {
        let (x1, y1, x2, y2) = (from.middle(), from.bottom(), to.middle(), to.top);
        let bend = i64::midpoint(y1, y2);
        let path = format!("M{x1} {y1} C{x1} {bend} {x2} {bend} {x2} {y2}");
        (path, i64::midpoint(x1, x2) + 4, bend + 4, "middle")
    };
    let dash = if arrow.waits { " stroke-dasharray=\"5 4\"" } else { "" };
    writeln!(
        out,
        "<path d=\"{path}\" fill=\"none\" stroke=\"#475569\"{dash} marker-end=\"url(#tip)\"/>"
    )
    .unwrap_or_default();
    if !arrow.label.is_empty() {
        let label = escaped(&arrow.label);
        writeln!(
            out,
            "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" font-size=\"11\" \
             fill=\"#475569\" paint-order=\"stroke\" stroke=\"#fff\" stroke-width=\"3\">\
             {label}</text>"
        )
        .unwrap_or_default();
    }
}

fn escaped(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // Control characters are not allowed in XML at all.
    text.chars().filter(|c| !c.is_control()).collect()
}
