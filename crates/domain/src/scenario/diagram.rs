//! Scenarios as pictures: as an SVG of our own, and as Mermaid text for other programs. Drawn from the data alone, so that
//! picture and behaviour can't differ.

use super::model::{Scenario, Stage, Transition};
use crate::order::OrderState;
use crate::party::Language;
use std::collections::BTreeMap;
use std::fmt::Write;

/// Size of a stage, and the space between columns and rows, in pixels.
const BOX: (usize, usize) = (190, 52);
const GAP: (usize, usize) = (120, 46);
const MARGIN: usize = 24;
/// Height of one line of the legend.
const LEGEND_LINE: usize = 18;

/// A state diagram in the language of Mermaid.
pub fn mermaid(scenario: &Scenario, language: Language) -> String {
    let mut text = String::from("stateDiagram-v2\n");
    let id = |code: &str| code.replace('-', "_");
    for stage in &scenario.stages {
        let _ = writeln!(
            text,
            "    state \"{}\" as {}",
            plain(stage.name.get(language)),
            id(&stage.code)
        );
    }
    let _ = writeln!(text, "    [*] --> {}", id(&scenario.initial_stage));
    for transition in &scenario.transitions {
        for from in &transition.from {
            let label = plain(transition.name.get(language));
            let _ = writeln!(text, "    {} --> {}: {label}", id(from), id(&transition.to));
        }
    }
    for stage in scenario.stages.iter().filter(|stage| stage.state.is_closed()) {
        let _ = writeln!(text, "    {} --> [*]", id(&stage.code));
    }
    text
}

/// Signs that end a label in Mermaid.
fn plain(text: &str) -> String {
    text.replace(['"', ':', ';', '\n'], " ")
}

/// A picture of the stages in the order in which they are reached. Transitions are numbered; the legend names them.
pub fn svg(scenario: &Scenario, language: Language) -> String {
    let places = places(scenario);
    let columns = places.values().map(|place| place.0).max().unwrap_or(0) + 1;
    let rows = places.values().map(|place| place.1).max().unwrap_or(0) + 1;
    let width = (2 * MARGIN + columns * BOX.0 + (columns - 1) * GAP.0).max(640);
    let top = 2 * MARGIN + rows * BOX.1 + (rows - 1) * GAP.1;
    let height = top + scenario.transitions.len() * LEGEND_LINE + MARGIN;
    let title = escape(scenario.name.get(language));
    let mut picture = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" font-family=\"sans-serif\" font-size=\"13\">\n<title>{title}</title>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" \
         markerHeight=\"8\" orient=\"auto-start-reverse\"><path d=\"M0 0L8 4L0 8z\" fill=\"#555\"/></marker></defs>\n"
    );
    for (index, transition) in scenario.transitions.iter().enumerate() {
        arrows(&mut picture, index + 1, transition, &places);
    }
    for stage in &scenario.stages {
        if let Some(place) = places.get(stage.code.as_str()) {
            draw_stage(&mut picture, stage, *place, language);
        }
    }
    for (index, transition) in scenario.transitions.iter().enumerate() {
        let y = top + index * LEGEND_LINE;
        let line = format!("{}. {}", index + 1, transition.name.get(language));
        let _ = writeln!(picture, "<text x=\"{MARGIN}\" y=\"{y}\">{}</text>", escape(&line));
    }
    picture.push_str("</svg>\n");
    picture
}

/// Column and row of each stage: as many columns from the left as it takes transitions to get there.
fn places(scenario: &Scenario) -> BTreeMap<&str, (usize, usize)> {
    let mut column = BTreeMap::from([(scenario.initial_stage.as_str(), 0)]);
    let mut wave = vec![scenario.initial_stage.as_str()];
    while !wave.is_empty() {
        let mut next = Vec::new();
        for from in wave {
            let depth = column[from] + 1;
            for transition in scenario.transitions_from(from) {
                if !column.contains_key(transition.to.as_str()) {
                    column.insert(&transition.to, depth);
                    next.push(transition.to.as_str());
                }
            }
        }
        wave = next;
    }
    let last = column.values().copied().max().unwrap_or(0);
    let mut rows: BTreeMap<usize, usize> = BTreeMap::new();
    let mut places = BTreeMap::new();
    for stage in &scenario.stages {
        // Ends stand together at the right; so does what only a cancellation reaches.
        let end = stage.state.is_closed();
        let column = if end { last } else { column.get(stage.code.as_str()).copied().unwrap_or(0) };
        let row = rows.entry(column).or_default();
        places.insert(stage.code.as_str(), (column, *row));
        *row += 1;
    }
    places
}

fn corner(place: (usize, usize)) -> (usize, usize) {
    (MARGIN + place.0 * (BOX.0 + GAP.0), MARGIN + place.1 * (BOX.1 + GAP.1))
}

fn draw_stage(picture: &mut String, stage: &Stage, place: (usize, usize), language: Language) {
    let (x, y) = corner(place);
    let fill = match stage.state {
        OrderState::Completed => "#d9f2df",
        OrderState::Rejected | OrderState::Cancelled | OrderState::Failed => "#f6dcdc",
        OrderState::Pending => "#fdf3d3",
        _ => "#e4ecf8",
    };
    let weight = if stage.point_of_no_return.is_some() { 3 } else { 1 };
    let (width, height) = BOX;
    let _ = writeln!(
        picture,
        "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{fill}\" stroke=\"#555\" \
         stroke-width=\"{weight}\"/>"
    );
    for (line, text) in lines(stage.name.get(language)).iter().enumerate() {
        let (x, y) = (x + width / 2, y + 22 + line * 17);
        let text = escape(text);
        let _ = writeln!(picture, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\">{text}</text>");
    }
}

/// At most two lines that fit into a box.
fn lines(text: &str) -> Vec<String> {
    const FITS: usize = 25;
    let mut lines: Vec<String> = vec![String::new()];
    for word in text.split_whitespace() {
        let length = lines.last().map_or(0, |line| line.chars().count());
        if length > 0 && length + 1 + word.chars().count() > FITS && lines.len() < 2 {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    for line in lines.iter_mut().filter(|line| line.chars().count() > FITS + 2) {
        *line = line.chars().take(FITS).chain(['…']).collect();
    }
    lines
}

fn arrows(
    picture: &mut String,
    number: usize,
    transition: &Transition,
    places: &BTreeMap<&str, (usize, usize)>,
) {
    let Some(to) = places.get(transition.to.as_str()) else { return };
    let automatic = transition.right.is_none();
    let dashes = if automatic { " stroke-dasharray=\"5 4\"" } else { "" };
    for from in transition.from.iter().filter_map(|code| places.get(code.as_str())) {
        let ((fx, fy), (tx, ty)) = (corner(*from), corner(*to));
        let forward = to.0 > from.0;
        // Forward from side to side; back and down along the bottom, so that the two ways don't cover each other.
        let (x1, y1, x2, y2) = match forward {
            true => (fx + BOX.0, fy + BOX.1 / 2, tx, ty + BOX.1 / 2),
            false => (fx + BOX.0 / 3, fy + BOX.1, tx + BOX.0 * 2 / 3, ty + BOX.1),
        };
        let (cx1, cy1, cx2, cy2) = match forward {
            true => (x1 + GAP.0 / 2, y1, x2.saturating_sub(GAP.0 / 2), y2),
            false => (x1, y1 + GAP.1, x2, y2 + GAP.1),
        };
        let _ = writeln!(
            picture,
            "<path d=\"M{x1} {y1}C{cx1} {cy1} {cx2} {cy2} {x2} {y2}\" fill=\"none\" stroke=\"#555\"{dashes} \
             marker-end=\"url(#arrow)\"/>"
        );
        // The middle of the curve.
        let (x, y) = ((x1 + 3 * cx1 + 3 * cx2 + x2) / 8, (y1 + 3 * cy1 + 3 * cy2 + y2) / 8);
        let _ = writeln!(
            picture,
            "<circle cx=\"{x}\" cy=\"{y}\" r=\"9\" fill=\"#fff\" stroke=\"#555\"/><text x=\"{x}\" y=\"{}\" \
             text-anchor=\"middle\" font-size=\"11\">{number}</text>",
            y + 4
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
