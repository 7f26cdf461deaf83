//! How often intervals covered what they should, as a table and as JSON.

use serde_json::json;

use crate::output::View;
use crate::output::block::number::{self, NONE};
use crate::output::block::table::Table;
use crate::output::json_text;
use crate::output::rows::rounded;
use crate::study::{ALLOWED, Coverage, CoveredNumber};

/// A table for people, and what to make of it.
pub fn coverage_text(coverage: &[Coverage], color: bool) -> String {
    let lines: Vec<(&Coverage, &CoveredNumber)> =
        coverage.iter().flat_map(|coverage| coverage.numbers.iter().map(move |number| (coverage, number))).collect();
    let names = lines.iter().map(|(coverage, _)| (false, coverage.system.to_owned()));
    let mut table = Table::of("Intervals of level 95 % that cover the exact value", "system", names);
    table.names("run as", lines.iter().map(|(coverage, _)| coverage.method.clone()).collect());
    table.names("number", lines.iter().map(|(_, number)| number.name.to_owned()).collect());
    let numbers = |cell: &dyn Fn(&CoveredNumber) -> String| lines.iter().map(|(_, number)| cell(number)).collect();
    table.apart();
    table.numbers("", "experiments", numbers(&|number| number::count(number.experiments)));
    table.numbers("", "estimable", numbers(&|number| number::count(number.estimated)));
    table.numbers(
        "",
        "cover",
        numbers(&|number| number.share().map_or(NONE.into(), |share| number::percent(Some(share)))),
    );
    table.numbers("", "all below", numbers(&|number| number::count(number.below)));
    table.numbers("", "half width", numbers(&|number| number::percent(Some(number.half_width))));
    let failed = lines.iter().filter(|(_, number)| !number.passes()).count();
    let (least, most) = (ALLOWED.0 * 100.0, ALLOWED.1 * 100.0);
    let known_low = lines.iter().filter(|(_, number)| number.passes() && number.under_covers()).count();
    let verdict = match (failed, known_low) {
        (0, 0) => format!("every share is between {least} % and {most} %"),
        (0, some) => format!(
            "{} of {} shares are between {least} % and {most} %; {some} below that, as is known of heavy tails",
            lines.len() - some,
            lines.len()
        ),
        (some, _) => format!("{some} of {} shares are not between {least} % and {most} %", lines.len()),
    };
    format!("{}\n{verdict}\n", table.aligned(View { color, ..View::default() }))
}

/// The same as JSON.
pub fn coverage_json(coverage: &[Coverage]) -> String {
    let number = |number: &CoveredNumber| {
        json!({
            "name": number.name,
            "exact_ms": rounded(number.exact),
            "experiments": number.experiments,
            "estimable": number.estimated,
            "covered": number.covered,
            "all_below": number.below,
            "mean_relative_half_width": rounded(number.half_width),
            "passed": number.passes(),
            "under_covers": number.under_covers(),
            "least": number.least,
        })
    };
    let systems = coverage.iter().map(|coverage| {
        json!({
            "system": coverage.system,
            "run_as": coverage.method,
            "numbers": coverage.numbers.iter().map(number).collect::<Vec<_>>(),
        })
    });
    json_text(&json!({
        "schema": "waitline.coverage/1",
        "level": 0.95,
        "allowed": [ALLOWED.0, ALLOWED.1],
        "systems": systems.collect::<Vec<_>>(),
    }))
}
