//! Data to SVG.
//!
//! Charts are laid out by plotters and written by our own canvas (`canvas`), with one palette (`palette`), tooltips and
//! patterns (`marks`), times in suitable units (`scale`) and measured text (`text`). The timeline consists of panels
//! (`timeline`, `panel`), each of lanes (`lane`), bands for faults (`band`) and a strip of rows (`strip`, `row`).

mod axis;
mod band;
mod canvas;
mod chart;
mod frame;
mod lane;
mod legend;
mod looks;
mod marks;
mod page;
mod palette;
mod panel;
mod pieces;
mod plan;
mod queues;
mod replay;
mod row;
mod scale;
mod strip;
mod sweep;
mod text;
mod timeline;
mod web;

pub use chart::{breakdown_svg, has_breakdown, has_latency, has_over_time, latency_svg, over_time_svg};
pub(super) use chart::{breakdown_svg_as, latency_svg_as, over_time_svg_as};
pub use plan::{plan_svg, stored_plan_svg};
pub use replay::replay_svg;
pub use sweep::{has_sweep_chart, sweep_svg};
pub(super) use web::{events_table, page_timeline};

pub use timeline::timeline_svg;

/// What only the project's own tests use.
#[cfg(feature = "internals")]
pub use palette::{PolicyLine, Tone, policy_lines, tones};
#[cfg(feature = "internals")]
pub use text::{ASCENT, DESCENT, text_width};
#[cfg(feature = "internals")]
pub use timeline::timeline_svg_of;
