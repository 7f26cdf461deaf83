//! Reading objectives. Error messages are checked in `tests/golden/errors/`.

use super::*;
use crate::model::{BackendId, Named};

/// Names that are difficult in objectives: spaces, comparisons, names of metrics and of their groups.
const ODD: &str = r#"{
  "classes": { "list": { "phases": [] }, "a < b": { "phases": [] }, "p99": { "phases": [] }, "requests": { "phases": [] } },
  "arrivals": { "poisson": "1/s" },
  "backends": { "db": { "concurrency": 2 }, "cores": { "pool": { "size": 1 } }, "p99": { "concurrency": 1 } },
  "policies": [ { "sync": {} }, { "async": {} }, { "async": { "name": "two loops > one" } } ],
  "run": { "requests": 9 }, "faults": [ { "at": "1s", "for": "1s", "cores": 1 }, { "name": "payments", "at": "1s", "for": "1s", "cores": 1 }, { "name": "a: b < c", "at": "1s", "for": "1s", "cores": 1 }, { "name": "a", "at": "1s", "for": "1s", "cores": 1 } ],
  "slo": [ "async.p99 < 400ms",
           "  warn: all.list.p95<=0.5s " ]
}"#;

fn scenario() -> Scenario {
    Scenario::from_json(ODD).unwrap()
}

/// An objective in a few words: policy, class, metric, comparison, bound, unit.
fn meaning(text: &str) -> String {
    let mut scenario = scenario();
    scenario.sections.objectives.clear();
    scenario.assert(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    let objective = &scenario.objectives()[0];
    assert_eq!(objective.text, text);
    let backends: Vec<&str> = scenario.backends().keys().map(String::as_str).collect();
    let policy = objective.policy.map_or("all", |policy| scenario.policies()[policy].name());
    let class = objective.class.map_or("all", |class| &scenario.workload().classes[usize::from(class.0)].name);
    let warns = if objective.warns { "warn: " } else { "" };
    let Objective { metric, comparison, bound, .. } = objective;
    let fault = |id: FaultId| scenario.faults()[usize::from(id.0)].name.clone().unwrap();
    // Percentiles cover every request that arrived unless the objective says `answered`.
    let metric = match metric.fault() {
        Some(id) => format!("recovery of {}", fault(id)),
        None => metric.asked_name(&backends),
    };
    let during = objective.during.map_or(String::new(), |id| format!("during {} / ", fault(id)));
    format!("{warns}{during}{policy} / {class} / {metric} {} {bound} {:?}", comparison.sign(), objective.unit())
}

#[test]
fn objectives_are_read_in_every_form() {
    for (text, expected) in [
        ("p99 < 400ms", "all / all / p99 < 400 Time"),
        ("headroom >= 20%", "all / all / headroom >= 0.2 Share"),
        ("async.headroom > 2.5", "async / all / headroom > 2.5 Share"),
        ("headroom >= 0%", "all / all / headroom >= 0 Share"),
        ("headroom >= 300 %", "all / all / headroom >= 3 Share"),
        ("all.p99 < 400ms", "all / all / p99 < 400 Time"),
        ("all.all.p99 < 400ms", "all / all / p99 < 400 Time"),
        ("async.p99<400ms", "async / all / p99 < 400 Time"),
        ("async.all.p99 < 400 ms", "async / all / p99 < 400 Time"),
        ("list.p95 < 0.5s", "all / list / p95 < 500 Time"),
        ("all.list.p95 < 500ms", "all / list / p95 < 500 Time"),
        ("sync.list.max <= 2m", "sync / list / max <= 120000 Time"),
        ("warn: sync.utilization < 80%", "warn: sync / all / utilization < 0.8 Share"),
        ("warn:sync.utilization < 80%", "warn: sync / all / utilization < 0.8 Share"),
        (" async . list . p99 < 400ms ", "async / list / p99 < 400 Time"),
        // Long forms.
        ("response_time.p99 > 1us", "all / all / p99 > 0.001 Time"),
        ("async.list.response_time.mean == 2ms", "async / list / mean == 2 Time"),
        ("async.list.slowdown.p99 < 4x", "async / list / slowdown.p99 < 4 Ratio"),
        ("slowdown.p50 < 1.5 ×", "all / all / slowdown.p50 < 1.5 Ratio"),
        ("slowdown.max < 9", "all / all / slowdown.max < 9 Ratio"),
        // About faults.
        ("during payments: list.p95 < 1s", "during payments / all / list / p95 < 1000 Time"),
        (
            "warn: during  payments :async.error_rate<1%",
            "warn: during payments / async / all / error_rate < 0.01 Share",
        ),
        ("during a: throughput > 1/s", "during a / all / all / throughput > 1 Rate"),
        ("during a: b < c: p99 < 1s", "during a: b < c / all / all / p99 < 1000 Time"),
        ("recovered payments < 30s", "all / all / recovery of payments < 30000 Time"),
        ("warn: recovered a: b < c <= 1m", "warn: all / all / recovery of a: b < c <= 60000 Time"),
        ("async . recovered  payments < 30s", "async / all / recovery of payments < 30000 Time"),
        ("all.recovered a < 30s", "all / all / recovery of a < 30000 Time"),
        ("list.recovered payments < 30s", "all / list / recovery of payments < 30000 Time"),
        ("async . list .recovered payments < 30s", "async / list / recovery of payments < 30000 Time"),
        ("sync.p99.recovered a: b < c < 1m", "sync / p99 / recovery of a: b < c < 60000 Time"),
        // Every unit.
        ("throughput >= 70/s", "all / all / throughput >= 70 Rate"),
        ("goodput > 0/s", "all / all / goodput > 0 Rate"),
        ("throughput > 600/min", "all / all / throughput > 10 Rate"),
        ("error_rate < 0.1%", "all / all / error_rate < 0.001 Share"),
        ("error_rate == 0", "all / all / error_rate == 0 Share"),
        ("utilization <= 0.8", "all / all / utilization <= 0.8 Share"),
        ("in_system.mean < 12.5", "all / all / in_system.mean < 12.5 Count"),
        ("requests.failed == 0", "all / all / requests.failed == 0 Requests"),
        ("list.requests.rejected < 20", "all / list / requests.rejected < 20 Requests"),
        ("requests.timed_out < 1%", "all / all / requests.timed_out < 0.01 Share"),
        ("requests.retried <= 100%", "all / all / requests.retried <= 1 Share"),
        ("breakdown.backlog_wait == 0ms", "all / all / breakdown.backlog_wait == 0 Time"),
        // Backends; the application's own utilizations take precedence.
        ("utilization.db < 80%", "all / all / utilization.backends.db < 0.8 Share"),
        ("async.utilization.backends.db < 80%", "async / all / utilization.backends.db < 0.8 Share"),
        ("utilization.p99 < 80%", "all / all / utilization.backends.p99 < 0.8 Share"),
        ("utilization.cores < 80%", "all / all / utilization.cores < 0.8 Share"),
        ("utilization.backends.cores < 80%", "all / all / utilization.backends.cores < 0.8 Share"),
        // Names with unusual characters, or of metrics.
        ("a < b.p99 < 400ms", "all / a < b / p99 < 400 Time"),
        ("two loops > one.a < b.p99 <= 400ms", "two loops > one / a < b / p99 <= 400 Time"),
        ("p99.p99 < 400ms", "all / p99 / p99 < 400 Time"),
        ("sync.p99.mean < 400ms", "sync / p99 / mean < 400 Time"),
        ("requests.p99 < 400ms", "all / requests / p99 < 400 Time"),
        ("sync.answered.p99 < 400ms", "sync / all / answered.p99 < 400 Time"),
        ("answered.response_time.max < 400ms", "all / all / answered.max < 400 Time"),
        ("answered.mean < 400ms", "all / all / mean < 400 Time"),
        ("requests.requests.failed < 1", "all / requests / requests.failed < 1 Requests"),
        // The usual spelling of percentiles.
        ("p99.9 < 400ms", "all / all / p999 < 400 Time"),
        ("async.list.response_time.p99.9 < 400ms", "async / list / p999 < 400 Time"),
        ("operation_time.p99.9 < 400ms", "all / all / operation_time.p999 < 400 Time"),
    ] {
        assert_eq!(meaning(text), expected, "{text}");
    }
}

#[test]
fn the_longest_of_several_names_with_dots_matches() {
    let dotted = r#"{
      "classes": { "api": { "phases": [] }, "api.v1": { "phases": [] }, "GET /api/v1.0/users": { "phases": [] },
                   "api.slowdown": { "phases": [] }, "a.b.c": { "phases": [] } },
      "arrivals": { "poisson": "1/s" }, "backends": { "db.primary": { "concurrency": 2 } },
      "policies": [ { "sync": { "name": "api.v" } }, { "async": { "name": "a.b" } } ], "run": { "requests": 9 } }"#;
    let scenario = Scenario::from_json(dotted).unwrap();
    for (text, policy, class, metric) in [
        ("api.p99 < 1ms", None, Some("api"), "p99"),
        ("api.v1.p99 < 1ms", None, Some("api.v1"), "p99"),
        ("api.v.api.v1.slowdown.p99 < 1x", Some("api.v"), Some("api.v1"), "slowdown.p99"),
        ("GET /api/v1.0/users.p99.9 < 1ms", None, Some("GET /api/v1.0/users"), "p999"),
        ("api.v . GET /api/v1.0/users . mean < 1ms", Some("api.v"), Some("GET /api/v1.0/users"), "mean"),
        ("api.slowdown.p99 < 1ms", None, Some("api.slowdown"), "p99"),
        ("api.slowdown.mean < 1ms", None, Some("api.slowdown"), "mean"),
        ("a.b.c.p99 < 1ms", None, Some("a.b.c"), "p99"),
        ("a.b.a.b.c.p99 < 1ms", Some("a.b"), Some("a.b.c"), "p99"),
        ("api.v.utilization.db.primary < 50%", Some("api.v"), None, "utilization.backends.db.primary"),
        ("utilization.backends.db.primary < 50%", None, None, "utilization.backends.db.primary"),
    ] {
        let mut scenario = scenario.clone();
        scenario.assert(text).unwrap_or_else(|error| panic!("{text}: {error:?}"));
        let objective = &scenario.objectives()[0];
        assert_eq!(objective.policy.map(|policy| scenario.policies()[policy].name()), policy, "{text}");
        let named = objective.class.map(|class| &*scenario.workload().classes[usize::from(class.0)].name);
        assert_eq!(named, class, "{text}");
        assert_eq!(objective.metric.name(&["db", "db.primary"]), metric, "{text}");
    }
}

#[test]
fn every_metric_can_be_used_by_its_name() {
    for metric in Named::ALL {
        let bound = match metric.facts().unit {
            MetricUnit::Time => "1ms",
            MetricUnit::Share => "50%",
            MetricUnit::Rate => "1/s",
            MetricUnit::Ratio | MetricUnit::Count | MetricUnit::Requests => "1",
        };
        let mut scenario = scenario();
        scenario.assert(&format!("{} < {bound}", metric.name())).unwrap();
        assert_eq!(scenario.objectives()[2].metric.of_answered(), Metric::Named(*metric));
        let of_class = scenario.assert(&format!("async.list.{} < {bound}", metric.name()));
        assert_eq!(of_class.is_ok(), Metric::Named(*metric).is_of_classes(), "{}", metric.name());
    }
    assert_eq!(meaning("utilization.db < 1%"), meaning("utilization.backends.db < 1%"));
    assert_eq!(Metric::BackendUtilization(BackendId(0)).unit(), MetricUnit::Share);
}

#[test]
fn an_objective_has_its_place_in_the_file() {
    let mut scenario = scenario();
    scenario.assert("async.p99 < 1s").unwrap();
    let places = scenario.objectives().iter().map(|objective| {
        let Origin { file, line, column, end_column, .. } = &objective.origin;
        (file.as_str(), *line, *column, *end_column)
    });
    let expected = [("scenario", 7, 13, 30), ("scenario", 8, 15, 39), ("--assert", 1, 1, 15)];
    assert_eq!(places.collect::<Vec<_>>(), expected);

    let said = scenario.objectives()[0].diagnostic("`p99` has no data", "nothing completed", "let the run be longer");
    assert_eq!(said.place(), Some(("scenario", 7, 13)));
    assert_eq!(
        said.render(false),
        "error: `p99` has no data
   ╭─[ scenario:7:13 ]
 7 │   \"slo\": [ \"async.p99 < 400ms\",
   │             ────────┬────────
   │                     ╰── nothing completed
   │ help: let the run be longer
"
    );
}

#[test]
fn a_text_with_escapes_is_underlined_as_a_whole() {
    let escaped = ODD.replace("async.p99 <", r"async.p99\u0020<");
    let scenario = Scenario::from_json(&escaped).unwrap();
    assert_eq!(scenario.objectives()[0].text, "async.p99 < 400ms");
    let Origin { column, end_column, .. } = scenario.objectives()[0].origin;
    assert_eq!((column, end_column), (12, 36));
}

#[test]
fn added_objectives_come_last_and_mistakes_add_nothing() {
    let mut changed = scenario();
    assert!(changed.assert("asink.p99 < 1s").is_err());
    assert_eq!(changed, scenario());
    changed.assert("warn: p99 < 1s").unwrap();
    assert_eq!(changed.objectives().len(), 3);
    assert!(changed.objectives()[2].warns && !changed.objectives()[0].warns);
}

#[test]
fn names_that_are_ambiguous_in_objectives_are_rejected() {
    for name in [
        "slowdown",
        "in_system",
        "waiting_time",
        "operation_time",
        "response_time",
        "utilization",
        "warn: x",
        "answered",
        "during x",
    ] {
        assert!(is_ambiguous(name).is_some(), "{name}");
        let class = ODD.replace("\"list\"", &format!("\"{name}\""));
        assert!(Scenario::from_json(&class).unwrap_err().message().starts_with("a class may not be named"), "{name}");
        let policy = ODD.replace("two loops > one", name);
        assert!(Scenario::from_json(&policy).unwrap_err().message().contains("may not be named"), "{name}");
    }
    for name in ["p99", "mean", "requests", "breakdown", "throughput", "backends", "cores", "warn", "slowdown p99"] {
        assert!(is_ambiguous(name).is_none(), "{name}");
    }
}
