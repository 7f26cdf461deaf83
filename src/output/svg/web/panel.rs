//! One policy: a row for each request, below them a row for each worker, thread or loop, and the time axis.

use super::lanes::{Heights, bar, request, runner};
use super::percent;
use crate::output::escape::xml as escaped;
use crate::output::svg::band::bands;
use crate::output::svg::lane::END_CAPTION;
use crate::output::svg::palette;
use crate::output::svg::panel::numbers;
use crate::output::svg::scale::{AxisUnit, TimeScale, decimal};
use crate::output::svg::strip::strip;
use crate::output::svg::timeline::Drawing;

/// Most ticks on the axis of a page that runs no script; they must have room on a narrow page.
const MOST_TICKS: f64 = 6.0;

/// A policy under this name, at this place.
pub fn panel(place: usize, name: &str, drawing: &Drawing<'_>, scale: &TimeScale) -> String {
    let policy = drawing.policy;
    let lanes = drawing.entries().count();
    let longest = drawing.entries().filter_map(|entry| entry.response_time_ms).fold(0.0, f64::max);
    let unit = AxisUnit::of_span(longest);
    let heights = Heights::of(lanes);
    let dense = if lanes > 16 { " dense" } else { "" };
    let requests: String = drawing.entries().map(|entry| request(entry, scale, unit, heights)).collect();
    let strip = strip(drawing, scale);
    let runners: String = strip.rows.iter().map(|row| runner(row, scale)).collect();
    let note = strip.note.map(|note| format!("<p class=\"note\">{}</p>\n", escaped(&note))).unwrap_or_default();
    let kind = if policy.name == policy.kind { String::new() } else { format!(" <small>{}</small>", policy.kind) };
    format!(
        "<section class=\"panel\" aria-labelledby=\"policy-{place}\">\n<h3 id=\"policy-{place}\"><span class=\"name\">{}</span>{kind} \
         <small>{}</small></h3>\n<table class=\"lanes{dense}\">\n<thead><tr><th scope=\"col\">request</th>\
         <th scope=\"col\" class=\"plot\">what it did</th><th scope=\"col\" class=\"end\">{END_CAPTION}</th></tr></thead>\n\
         <tbody class=\"requests\">\n{requests}</tbody>\n<tbody class=\"runners\">\n{runners}</tbody>\n\
         <tfoot><tr><td>{}</td><td class=\"plot\"><svg class=\"axis\" height=\"18\" aria-hidden=\"true\">{}</svg></td><td></td></tr></tfoot>\n\
         </table>\n{note}</section>\n",
        escaped(name),
        escaped(&numbers(drawing)),
        escaped(&scale.caption()),
        tick_labels(scale),
    )
}

/// What all lanes have behind them: the lines of the ticks and the faults. Each lane uses it.
pub fn grid(all: &[Drawing<'_>], scale: &TimeScale) -> String {
    let lines: String = ticks(scale)
        .iter()
        .map(|tick| percent(share_of(*tick, scale)))
        .map(|x| format!("<line x1=\"{x}\" x2=\"{x}\" y2=\"100%\"/>"))
        .collect();
    let faults = all.first().map(|drawing| bands(drawing.faults, scale)).unwrap_or_default();
    let bands: String = faults
        .iter()
        .flat_map(|fault| fault.spans())
        .map(|(title, [start, end])| bar("fault", title, [*start, *end], scale, ""))
        .collect();
    let names: String = faults.iter().map(|fault| format!("<li>{}</li>", escaped(fault.text()))).collect();
    let names = if names.is_empty() { names } else { format!("<ul class=\"faults\">{names}</ul>\n") };
    format!(
        "{names}<svg class=\"defs\" aria-hidden=\"true\"><defs><g id=\"grid\"><g class=\"faults\">{bands}</g>\
         <g class=\"ticks\">{lines}</g></g><g id=\"over\"></g></defs></svg>\n"
    )
}

/// The patterns that these parts of the page refer to, and their colours on a dark ground.
pub fn patterns(parts: &[&str]) -> String {
    let definitions = palette::definitions_of_page(&parts.concat());
    format!("<svg class=\"defs\" aria-hidden=\"true\">{definitions}</svg>\n")
}

fn share_of(position: f64, scale: &TimeScale) -> f64 {
    (position - scale.position(scale.start_ms)) / scale.length()
}

/// Round positions on the axis: multiples of 1, 2 or 5 times a power of ten.
fn ticks(scale: &TimeScale) -> Vec<f64> {
    let least = scale.length() / MOST_TICKS;
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= least);
    let step = step.unwrap_or(10.0 * power);
    let first = (scale.position(scale.start_ms) / step).ceil();
    let last = (scale.position(scale.end_ms) / step).floor();
    (0..=(last - first) as u64).map(|number| (first + number as f64) * step).collect()
}

fn tick_labels(scale: &TimeScale) -> String {
    let label = |tick: &f64| {
        let (x, text) = (share_of(*tick, scale), decimal(*tick, 6));
        let anchor = match x {
            x if x < 0.03 => " class=\"first\"",
            x if x > 0.97 => " class=\"last\"",
            _ => "",
        };
        format!("<text x=\"{}\" y=\"13\"{anchor}>{text}</text>", percent(x))
    };
    ticks(scale).iter().map(label).collect()
}
