//! The report of a scenario as one page.

use serde_json::Value;

use super::{BeforePage, Shell};
use crate::output::block::number;
use crate::output::block::{Block, Definitions};
use crate::output::document::{
    Document, ExplainReport, SweepReport, conclusion, explained, numbers, opening, stored_plan, stored_sweep,
};
use crate::output::escape::xml as escaped;
use crate::output::format::{html::blocks, json};
use crate::output::svg::{
    breakdown_svg_as, events_table, has_breakdown, has_latency, has_over_time, latency_svg_as, over_time_svg_as,
    page_timeline, stored_plan_svg, sweep_svg,
};
use crate::stats::ScenarioResults;
use crate::study::Explanations;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Maximum size of a scenario that the page shows, in bytes.
const MOST_OF_SCENARIO: usize = 64 << 10;

/// How something that was run before is drawn, if it can be, and written.
type Stored = (fn(&Value) -> Option<String>, fn(&Value) -> Vec<Block>);

/// What the page of a scenario is made of.
#[derive(Clone, Copy, Debug)]
pub struct ReportPage<'a> {
    /// Its results, with the timelines that are drawn.
    pub results: &'a ScenarioResults,
    /// The scenario as JSON.
    pub scenario: &'a Value,
    /// The command that writes the same page again.
    pub command: &'a str,
    /// What it is compared with.
    pub before: Option<&'a BeforePage>,
    /// Whose fault the waits of the slowest request are, and which class makes which wait.
    pub blame: Option<&'a Explanations>,
    /// A sweep that was run before, as JSON.
    pub sweep: Option<&'a Value>,
    /// A plan that was made before, as JSON.
    pub plan: Option<&'a Value>,
}

impl ReportPage<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let results = self.results;
        let mut first = opening(results);
        first.splice(1..1, conclusion(results).map(Block::Conclusion));
        let sections = [
            format!("<header>\n{}</header>\n", blocks(&first)),
            self.changes(),
            self.timeline(),
            self.charts("latency", "How long responses take", has_latency, latency_svg_as),
            self.charts("breakdown", "Where time goes", has_breakdown, breakdown_svg_as),
            self.charts("over_time", "Over time", has_over_time, over_time_svg_as),
            self.blame(),
            self.stored("sweep", "With other values", self.sweep, (sweep_chart, stored_sweep)),
            self.stored("plan", "What it would need", self.plan, (stored_plan_svg, stored_plan)),
            section("numbers", "Numbers", &self.numbers()),
            section("assumptions", "What is assumed, and what is not modelled", &blocks(&explained(results))),
            section("origin", "How to get this page again", &self.origin()),
        ];
        let body = format!("<main>\n{}</main>\n", sections.concat());
        let title = format!("{} · waitline", results.scenario);
        Shell { title: &title, styles: &[STYLE], script: Some(SCRIPT), body: &body }.page()
    }

    /// What changed since before, in the scenario and in its numbers.
    fn changes(&self) -> String {
        let Some(before) = self.before else { return String::new() };
        section("before", "Before and after", &blocks(&before.blocks(self.results)))
    }

    /// The stories of the slowest requests, policy by policy.
    fn blame(&self) -> String {
        let Some(blame) = self.blame else { return String::new() };
        let written = |block: Block| match block {
            // The page has a title already, and says at its beginning which runs stopped.
            Block::Title { name, about: _ } => format!("<h3>{}</h3>\n", escaped(&name)),
            Block::Incomplete(_) => String::new(),
            other => blocks(&[other]),
        };
        let content: String = ExplainReport(blame.clone()).blocks().into_iter().map(written).collect();
        section("blame", "Whose fault it is, and what would help", &content)
    }

    /// A section of what was run before, its chart and its tables; if it is of another scenario, that is said.
    fn stored(&self, id: &str, title: &str, stored: Option<&Value>, (drawn, written): Stored) -> String {
        let Some(stored) = stored else { return String::new() };
        let name = stored["scenario"].as_str().unwrap_or_default();
        let is_other = name != self.results.scenario;
        let other = is_other.then(|| Block::Warnings(vec![format!("this is of the scenario {name}")]));
        let before: Vec<Block> = other.into_iter().collect();
        let chart = drawn(stored).map(|svg| figure(&svg)).unwrap_or_default();
        section(id, title, &format!("{}{chart}{}", blocks(&before), blocks(&written(stored))))
    }

    /// What was run before, if it was run again for this page.
    fn earlier(&self) -> Option<&ScenarioResults> {
        self.before?.results.as_ref()
    }

    /// A section with a chart, as far as the results have it: of before and of now, one below the other.
    fn charts(
        &self,
        id: &str,
        title: &str,
        has: fn(&ScenarioResults) -> bool,
        svg: fn(&str, &ScenarioResults) -> String,
    ) -> String {
        let drawn = |picture: &str, results: &ScenarioResults| has(results).then(|| figure(&svg(picture, results)));
        let now = drawn(id, self.results);
        match self.earlier().and_then(|earlier| drawn(&format!("{id}-before"), earlier)) {
            Some(before) => {
                let now = now.map(|now| format!("<h3>Now</h3>\n{now}")).unwrap_or_default();
                section(id, title, &format!("<h3>Before</h3>\n{before}{now}"))
            }
            None => now.map(|now| section(id, title, &now)).unwrap_or_default(),
        }
    }

    /// All numbers; those of before below.
    fn numbers(&self) -> String {
        let earlier = self.earlier().map(|results| {
            format!("<details>\n<summary>Before</summary>\n{}</details>\n", blocks(&numbers(results, true)))
        });
        blocks(&numbers(self.results, true)) + &earlier.unwrap_or_default()
    }

    /// The timelines, what moves them, and the events one by one.
    fn timeline(&self) -> String {
        let earlier = self.earlier().map(|results| ("before", results));
        let sides: Vec<_> = earlier.into_iter().chain([("now", self.results)]).collect();
        let Some(timeline) = page_timeline(&sides) else { return String::new() };
        let content = match events_table(&sides) {
            Some(events) => format!(
                "{CONTROLS}{STEPS}{timeline}<details class=\"told\">\n<summary>What happens when</summary>\n{events}</details>\n"
            ),
            None => format!("{CONTROLS}{timeline}"),
        };
        section("timeline", "What each request did", &content)
    }

    /// The command, what the results depend on, and the scenario.
    fn origin(&self) -> String {
        let ScenarioResults { waitline, scenario_sha256, seed, replications, .. } = self.results;
        let entries = [
            ("waitline", (*waitline).to_owned()),
            ("seed", seed.to_string()),
            ("replications", number::count(*replications)),
            ("scenario_sha256", scenario_sha256.clone()),
        ];
        let entries = entries.map(|(term, value)| (term.to_owned(), value)).into();
        let origin = [
            Block::Code { about: "The same bytes:".to_owned(), language: "sh", text: self.command.to_owned() },
            Block::Definitions(Definitions { title: "What the numbers depend on".to_owned(), entries, none: "" }),
        ];
        let scenario = json::text(self.scenario);
        let shown = match scenario.len() {
            0..=MOST_OF_SCENARIO => {
                format!("<pre tabindex=\"0\"><code class=\"language-json\">{}</code></pre>\n", lines(&scenario))
            }
            bytes => format!("<p>It has {} bytes, more than this page shows.</p>\n", number::count(bytes as u64)),
        };
        format!("{}<details>\n<summary>The scenario</summary>\n{shown}</details>\n", blocks(&origin))
    }
}

/// Text of several lines, escaped.
fn lines(text: &str) -> String {
    text.lines().map(|line| escaped(line) + "\n").collect()
}

fn figure(svg: &str) -> String {
    format!("<figure class=\"chart\">\n{svg}</figure>\n")
}

/// The chart of a sweep that was run before.
fn sweep_chart(sweep: &Value) -> Option<String> {
    sweep_svg(&SweepReport::from_json(sweep)?)
}

fn section(id: &str, title: &str, content: &str) -> String {
    format!(
        "<section id=\"{id}\" aria-labelledby=\"{id}-heading\">\n<h2 id=\"{id}-heading\">{title}</h2>\n{content}</section>\n"
    )
}

/// What the script brings to life; hidden without it.
const CONTROLS: &str = "\
<div class=\"controls\" hidden=\"\">\
<div class=\"policies\" role=\"group\" aria-label=\"Policy\"><button type=\"button\" data-show=\"all\">all below each other</button></div>\
<div class=\"zoom\" role=\"group\" aria-label=\"Time axis\"><button type=\"button\" data-zoom=\"in\" aria-label=\"Zoom in\">+</button>\
<button type=\"button\" data-zoom=\"out\" aria-label=\"Zoom out\">−</button><button type=\"button\" data-zoom=\"reset\">whole time</button>\
<button type=\"button\" data-slowest=\"\">slowest request</button></div>\
<p class=\"help\">Arrow keys go from bar to bar, + and − zoom, 0 shows the whole time, \
dragging selects a stretch of time. Press an entry of the legend to dim the others.</p>\
<output class=\"story\" aria-live=\"polite\">Point at a bar, or go to it with the Tab key: here it says what it is.</output></div>
";

const STEPS: &str = "\
<div class=\"steps\" role=\"group\" aria-label=\"Step by step\" hidden=\"\">\
<button type=\"button\" data-step=\"begin\" aria-pressed=\"false\">Step by step</button>\
<span class=\"stepping\" hidden=\"\"><button type=\"button\" data-step=\"back\" aria-label=\"One event back\">◀</button>\
<button type=\"button\" data-step=\"play\" data-pause=\"pause\">play</button>\
<button type=\"button\" data-step=\"on\" aria-label=\"One event on\">▶</button>\
<label>speed <select><option value=\"2000\">slow</option><option value=\"1000\" selected=\"\">normal</option><option value=\"400\">fast</option></select></label>\
<span class=\"help\">space: play or pause; arrow keys: one event; Escape: end</span></span>\
<dl class=\"now\" aria-live=\"polite\" hidden=\"\"></dl></div>
";
