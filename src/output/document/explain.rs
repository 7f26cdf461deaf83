//! The report of `explain`: whose fault each wait of some requests is.

use serde_json::{Value, json};

use super::{Document, DocumentId};
use crate::output::block::number;
use crate::output::block::{Block, Finding, Records, Table};
use crate::output::words;
use crate::study::{
    BlameCell, BlameMatrix, Explanations, PolicyExplanation, RequestExplanation, WaitExplanation, WhatIf,
};

/// The columns of its records.
const COLUMNS: [&str; 12] = [
    "scenario",
    "policy",
    "request",
    "class",
    "station",
    "start_ms",
    "end_ms",
    "partition",
    "blamed_request",
    "blamed_class",
    "activity_or_cause",
    "wait_ms",
];

/// The report of `explain`.
#[derive(Clone, Debug, PartialEq)]
pub struct ExplainReport(pub Explanations);

impl Document for ExplainReport {
    fn id(&self) -> DocumentId {
        let Self(explanations) = self;
        DocumentId {
            kind: ["explanation", "explanations"],
            name: explanations.scenario.clone(),
            properties: vec![("seed", explanations.seed.to_string())],
        }
    }

    /// For each policy the stories of its requests, and a table of each.
    fn blocks(&self) -> Vec<Block> {
        self.0.policies.iter().flat_map(policy).collect()
    }

    /// Nothing is judged.
    fn findings(&self) -> Vec<Finding> {
        Vec::new()
    }

    /// A row for each share of each partition.
    fn records(&self) -> Records {
        let Self(explanations) = self;
        let waits = explanations.policies.iter().flat_map(|policy| {
            policy
                .requests
                .iter()
                .flat_map(move |request| request.waits.iter().map(move |wait| (policy, request, wait)))
        });
        let rows = waits.flat_map(|(policy, request, wait)| {
            let row = move |partition: &str, blamed: Option<u64>, class: Option<&String>, what: Value, share: f64| {
                vec![
                    json!(explanations.scenario),
                    json!(policy.name),
                    json!(request.request),
                    json!(request.class),
                    json!(wait.station),
                    json!(wait.start_ms),
                    json!(wait.end_ms),
                    json!(partition),
                    json!(blamed),
                    json!(class),
                    what,
                    json!(share),
                ]
            };
            let cause = |cause| serde_json::to_value(cause).unwrap_or_default();
            let direct = wait.direct.iter().map(move |share| {
                row("direct", share.request, share.class.as_ref(), cause(share.cause), share.wait_ms)
            });
            let root = wait.root.iter().map(move |share| {
                let what = share.activity.map_or_else(|| cause(share.cause), Value::from);
                row("root", share.request, share.class.as_ref(), what, share.wait_ms)
            });
            direct.chain(root)
        });
        Records { columns: COLUMNS.map(str::to_owned).to_vec(), rows: rows.collect(), own_columns: 0 }
    }

    fn value(&self) -> Value {
        words::explain_value(&self.0)
    }
}

fn policy(policy: &PolicyExplanation) -> Vec<Block> {
    let stories = match policy.requests.as_slice() {
        [] => vec!["there is no such request under this policy".to_owned()],
        requests => requests.iter().map(words::story).collect(),
    };
    let best = policy.requests.first().and_then(|request| words::what_if(request, &policy.what_if));
    let stories = stories.into_iter().chain(best).collect();
    let mut blocks = vec![Block::Title { name: policy.name.clone(), about: Vec::new() }];
    blocks.extend(policy.incomplete.iter().map(|why| Block::Incomplete(vec![words::incomplete(why)])));
    blocks.push(Block::Text(stories));
    let with_waits = policy.requests.iter().filter(|request| !request.waits.is_empty());
    blocks.extend(with_waits.map(|request| Block::Table(table(request))));
    blocks.extend(policy.matrix.as_ref().filter(|matrix| !matrix.cells.is_empty()).map(matrix_table));
    blocks.extend(unconfirmed(policy).map(Block::Text));
    if let Some(first) = policy.requests.first().filter(|_| !policy.what_if.is_empty()) {
        blocks.push(Block::Table(changes(first, &policy.what_if)));
    }
    blocks
}

/// Which class makes which wait.
fn matrix_table(matrix: &BlameMatrix) -> Block {
    let cells = &matrix.cells;
    let name = |cell: &BlameCell| format!("{}, {}", cell.class, cell.station);
    let title = "Which class makes which wait, in ms per request of the class that waits";
    let mut table = Table::of(title, "waiting", cells.iter().map(|cell| (false, name(cell))));
    let blamed = |cell: &BlameCell| {
        let cause = cell.cause.map(words::blame_cause).unwrap_or_default();
        cell.blamed.clone().unwrap_or_else(|| cause.to_owned())
    };
    table.names("behind", cells.iter().map(blamed).collect());
    table.numbers("", "direct", number::column(&cells.iter().map(|cell| Some(cell.direct_ms)).collect::<Vec<_>>()));
    table.numbers("", "root", number::column(&cells.iter().map(|cell| Some(cell.root_ms)).collect::<Vec<_>>()));
    table.note.push(format!("From {} requests, spread over the first replication.", number::count(matrix.requests)));
    Block::Table(table)
}

/// Which shares the runs without a class do not confirm, a sentence each.
fn unconfirmed(policy: &PolicyExplanation) -> Option<Vec<String>> {
    let sentences: Vec<String> = policy.unconfirmed().iter().map(words::unconfirmed_share).collect();
    (!sentences.is_empty()).then_some(sentences)
}

/// What each change gives: to the request, and to the mean of its class.
fn changes(request: &RequestExplanation, what_if: &[WhatIf]) -> Table {
    let title = format!("What would have helped request {} ({}), in ms", request.request, request.class);
    let mut table = Table::of(title, "change", what_if.iter().map(|one| (false, words::what_if_change(&one.change))));
    let column = |of: fn(&WhatIf) -> Option<f64>| number::column(&what_if.iter().map(of).collect::<Vec<_>>());
    table.numbers("request", "response", column(|one| one.response_time_ms));
    table.numbers("request", "difference", column(|one| one.difference_ms));
    let mean = |one: &WhatIf| one.class_mean().map(|mean| mean.difference_ms);
    let end = |one: &WhatIf, end: usize| one.class_mean()?.interval_ms.map(|ends| ends[end]);
    table.numbers("mean of its class", "difference", number::column(&what_if.iter().map(mean).collect::<Vec<_>>()));
    if what_if.iter().any(|one| end(one, 0).is_some()) {
        let ends = |which| number::column(&what_if.iter().map(|one| end(one, which)).collect::<Vec<_>>());
        table.numbers("mean of its class", "from", ends(0));
        table.numbers("mean of its class", "to", ends(1));
    }
    table
        .note
        .push("Differences are with the change less without it, on the same requests: below 0 is faster.".to_owned());
    table
}

/// Number of rows of shares of a wait; the rest is added up.
const SHARES: usize = 8;

/// A row of the table.
struct Line {
    is_part: bool,
    name: String,
    direct_ms: Option<f64>,
    root_ms: Option<f64>,
    working_ms: Option<f64>,
    away_ms: Option<f64>,
}

/// The waits of a request, each with the shares of both partitions.
fn table(request: &RequestExplanation) -> Table {
    let lines: Vec<Line> = request.waits.iter().flat_map(lines).collect();
    let title = format!("Waits of request {} ({}) in ms, and whose fault they are", request.request, request.class);
    let names = lines.iter().map(|line| (line.is_part, line.name.clone()));
    let mut table = Table::of(title, "wait, behind", names);
    let column = |of: fn(&Line) -> Option<f64>| number::column(&lines.iter().map(of).collect::<Vec<_>>());
    table.numbers("", "direct", column(|line| line.direct_ms));
    table.numbers("", "root", column(|line| line.root_ms));
    table.numbers("of root", "working", column(|line| line.working_ms));
    table.numbers("of root", "away", column(|line| line.away_ms));
    table
}

fn lines(wait: &WaitExplanation) -> Vec<Line> {
    let span =
        format!("{}, {} to {} ms", wait.station, number::significant(wait.start_ms), number::significant(wait.end_ms));
    let whole = Line {
        is_part: false,
        name: span,
        direct_ms: Some(wait.wait_ms),
        root_ms: Some(wait.wait_ms),
        working_ms: None,
        away_ms: None,
    };
    let mut parts = parts(wait);
    let rest = parts.split_off(parts.len().min(SHARES));
    if !rest.is_empty() {
        let sum = |of: fn(&Line) -> Option<f64>| Some(rest.iter().filter_map(of).sum());
        parts.push(Line {
            is_part: true,
            name: format!("{} others", rest.len()),
            direct_ms: sum(|line| line.direct_ms),
            root_ms: sum(|line| line.root_ms),
            working_ms: sum(|line| line.working_ms),
            away_ms: sum(|line| line.away_ms),
        });
    }
    std::iter::once(whole).chain(parts).collect()
}

/// A line for each request and cause, the largest direct share first.
fn parts(wait: &WaitExplanation) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for share in &wait.direct {
        let line = line(&mut lines, name(share.request, share.class.as_ref(), share.cause.map(words::blame_cause)));
        line.direct_ms = Some(share.wait_ms);
    }
    for share in &wait.root {
        let line = line(&mut lines, name(share.request, share.class.as_ref(), share.cause.map(words::blame_cause)));
        add(&mut line.root_ms, share.wait_ms);
        if share.is_away() {
            add(&mut line.away_ms, share.wait_ms);
        } else if share.activity.is_some() {
            add(&mut line.working_ms, share.wait_ms);
        }
    }
    lines.sort_by(|one, other| other.weight().total_cmp(&one.weight()));
    lines
}

impl Line {
    fn weight(&self) -> f64 {
        self.direct_ms.unwrap_or_default().max(self.root_ms.unwrap_or_default())
    }
}

fn name(request: Option<u64>, class: Option<&String>, cause: Option<&str>) -> String {
    match request {
        Some(request) => format!("request {request} ({})", class.map_or("", String::as_str)),
        None => cause.unwrap_or_default().to_owned(),
    }
}

/// The line of that name, which is new unless there is one.
fn line(lines: &mut Vec<Line>, name: String) -> &mut Line {
    let place = lines.iter().position(|line| line.name == name).unwrap_or_else(|| {
        lines.push(Line { is_part: true, name, direct_ms: None, root_ms: None, working_ms: None, away_ms: None });
        lines.len() - 1
    });
    &mut lines[place]
}

fn add(sum: &mut Option<f64>, more: f64) {
    *sum = Some(sum.unwrap_or_default() + more);
}
