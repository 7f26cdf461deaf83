//! CSV of single requests: a row per departed request.

use super::escape;
use crate::model::Activity;
use crate::stats::ROUNDED_BELOW;
use crate::study::RequestRow;

/// The header. If one file has several scenarios, a column `scenario` comes first; if it has several replications of each,
/// a column `replication` follows the policy.
pub fn header(scenarios: bool, replications: bool) -> String {
    let mut line = if scenarios { "scenario,policy,".to_owned() } else { "policy,".to_owned() };
    line.push_str(if replications { "replication," } else { "" });
    line.push_str("request,class,outcome,arrival_ms,departure_ms,response_time_ms,demand_ms,slowdown");
    for activity in Activity::ALL {
        line.push_str(&format!(",{}_ms", activity.name()));
    }
    line.push_str(",reason");
    line.push('\n');
    line
}

/// Appends the line of one request, with its scenario first if there are several.
pub fn row(scenario: Option<&str>, row: &RequestRow<'_>, line: &mut String) {
    if let Some(scenario) = scenario {
        push_text(scenario, line);
        line.push(',');
    }
    push_text(row.policy, line);
    if let Some(replication) = row.replication {
        line.push_str(&format!(",{replication}"));
    }
    line.push_str(&format!(",{},", row.request));
    push_text(row.class, line);
    line.push(',');
    line.push_str(row.outcome);
    let response_time_ms = row.departure_ms.map(|departure_ms| departure_ms - row.arrival_ms);
    let slowdown = response_time_ms.filter(|_| row.demand_ms > 0.0).map(|time| time / row.demand_ms);
    for number in [Some(row.arrival_ms), row.departure_ms, response_time_ms, Some(row.demand_ms), slowdown] {
        line.push(',');
        number.into_iter().for_each(|number| push_number(number, line));
    }
    for number in row.breakdown_ms {
        line.push(',');
        push_number(number, line);
    }
    line.push(',');
    line.push_str(row.reason.unwrap_or_default());
    line.push('\n');
}

/// Appends a text.
pub fn push_text(field: &str, line: &mut String) {
    line.push_str(&escape::csv(field));
}

/// Appends a number with at most 6 decimals, without trailing zeros.
pub fn push_number(number: f64, line: &mut String) {
    if number.abs() >= ROUNDED_BELOW || !number.is_finite() {
        line.push_str(&number.to_string());
        return;
    }
    let millionths = (number * 1e6).round() as i64;
    let (whole, fraction) = (millionths / 1_000_000, (millionths % 1_000_000).unsigned_abs());
    if millionths < 0 && whole == 0 {
        line.push('-');
    }
    line.push_str(&whole.to_string());
    if fraction > 0 {
        let digits = format!(".{fraction:06}");
        line.push_str(digits.trim_end_matches('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::rounded;

    fn number(number: f64) -> String {
        let mut text = String::new();
        push_number(number, &mut text);
        text
    }

    #[test]
    fn numbers_have_at_most_six_decimals_and_no_empty_ones() {
        for (value, text) in [
            (475.0, "475"),
            (0.1 + 0.2, "0.3"),
            (1.234_567_89, "1.234568"),
            (-0.25, "-0.25"),
            (-0.000_000_1, "0"),
            (0.000_001, "0.000001"),
            (1e10, "10000000000"),
        ] {
            assert_eq!(number(value), text);
        }
        assert!(rounded(-0.000_000_1).is_sign_positive());
    }

    #[test]
    fn a_row_has_a_cell_per_heading() {
        let mut line = String::new();
        let data = RequestRow {
            policy: "sync",
            replication: Some(2),
            request: 3,
            class: "short, \"urgent\"",
            arrival_ms: 15.0,
            departure_ms: Some(490.0),
            outcome: "completed",
            demand_ms: 105.0,
            breakdown_ms: [370.0, 0.0, 0.0, 0.0, 20.0, 10.0, 75.0, 0.0, 0.0],
            reason: None,
        };
        row(Some("lecture"), &data, &mut line);
        assert_eq!(
            line,
            "lecture,sync,2,3,\"short, \"\"urgent\"\"\",completed,15,490,475,105,4.52381,370,0,0,0,20,10,75,0,0,\n"
        );
        assert_eq!(header(true, true).split(',').count(), 21);
    }

    #[test]
    fn a_request_without_demand_has_no_slowdown() {
        let mut line = String::new();
        let data = RequestRow {
            policy: "async",
            replication: None,
            request: 1,
            class: "empty",
            arrival_ms: 1.0,
            departure_ms: Some(1.0),
            outcome: "failed",
            demand_ms: 0.0,
            breakdown_ms: [0.0; Activity::ALL.len()],
            reason: Some("worker_restart"),
        };
        row(None, &data, &mut line);
        assert_eq!(line, "async,1,empty,failed,1,1,0,0,,0,0,0,0,0,0,0,0,0,worker_restart\n");
    }
}
