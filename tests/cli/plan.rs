//! `waitline plan` as users see it: the answer, its exit codes, its formats, and what it says about mistakes.

use serde_json::Value;

use crate::common::program::{Desk, errors, text};

/// Ten workers are enough: p99 is 489 ms.
const ERLANG: &str = r#"{
  "classes": { "page": { "phases": [ { "db": { "exponential": "100ms" } } ] } },
  "arrivals": { "poisson": "80/s" },
  "policies": [ { "sync": {} } ],
  "run": { "requests": 10000 },
  "slo": [ "p99 < 700ms" ]
}"#;

/// Many small requests on a loop with a pool.
const LOOP: &str = r#"{
  "classes": { "page": { "phases": [ { "compute": "1ms" }, { "db": { "exponential": "20ms" } } ] } },
  "arrivals": { "poisson": "100/s" },
  "machine": { "cores": 2 },
  "backends": { "db": { "pool": { "size": 10 } } },
  "policies": [ { "uvicorn": {} } ],
  "run": { "requests": 10000 },
  "slo": [ "p99 < 150ms" ]
}"#;

fn desk() -> Desk {
    Desk::empty().with("shop.json", ERLANG).with("loop.json", LOOP)
}

/// A text on one line, whatever its width.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_answer_is_on_one_screen_in_the_order_in_which_one_asks() {
    let shown = text(&desk().run("plan shop.json --within 5%", 0));
    let order = [
        "sync: 9 workers",
        "p99",
        "of the requests above the bound",
        "right with a probability of 95 % within 5 %",
        "more load",
        "binds next",
        "load −10 %",
        "time of `db` +20 %",
        "rule of thumb",
        "gunicorn --workers 9 --worker-class sync",
    ];
    let mut rest = shown.as_str();
    for words in order {
        let at = rest.find(words).unwrap_or_else(|| panic!("no {words:?} where it should be in\n{shown}"));
        rest = &rest[at..];
    }
    assert!(shown.lines().count() <= 30, "more than a screen:\n{shown}");
}

#[test]
fn exit_codes_tell_met_impossible_and_undecided_apart() {
    let desk = desk();
    desk.run("plan shop.json --within 5% --quiet", 0);
    let impossible = desk.run("plan shop.json --slo p99<400ms", 1);
    assert!(
        text(&impossible).contains("impossible for any configuration, by the demands alone"),
        "{}",
        text(&impossible)
    );
    assert!(errors(&impossible).contains("no configuration meets p99<400ms"), "{}", errors(&impossible));
    let undecided = desk.run("plan shop.json --time-limit 1us", 3);
    assert!(text(&undecided).contains("the time limit was reached"), "{}", text(&undecided));
    let limited = desk.run("plan shop.json --limit workers=8", 1);
    assert!(text(&limited).contains("more requests arrive than the largest configuration"), "{}", text(&limited));
}

#[test]
fn json_has_the_fields_that_other_tools_read() {
    let printed = text(&desk().run("plan shop.json --slo p99<700ms --slo mean<1s --format json", 0));
    let plan: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(plan["schema"], "waitline.plan/1");
    assert_eq!((&plan["scenario"], &plan["seed"]), (&"shop".into(), &1.into()));
    assert_eq!(plan["slo"], serde_json::json!(["p99<700ms", "mean<1s"]));
    assert_eq!((plan["within"].as_f64(), plan["confidence"].as_f64()), (Some(0.01), Some(0.95)));
    let policy = &plan["policies"][0];
    assert_eq!((&policy["name"], &policy["verdict"]), (&"sync".into(), &"meets".into()));
    assert_eq!(policy["choice"], serde_json::json!({ "workers": 9 }));
    assert_eq!(
        policy["policy"],
        serde_json::json!({ "sync": { "workers": 9, "dispatch": "shared", "order": "fifo" } })
    );
    assert_eq!(policy["feasible"][0], policy["choice"]);
    assert_eq!(policy["binds_next"], serde_json::json!(["workers"]));
    let tried = policy["tried"].as_array().unwrap();
    let of_choice = tried.iter().find(|tried| tried["configuration"] == policy["choice"]).unwrap();
    let objective = &of_choice["objectives"][0];
    assert_eq!(objective["objective"], "p99<700ms");
    let above = objective["above"].as_f64().unwrap();
    let ends = objective["interval"].as_array().unwrap();
    assert!(ends[0].as_f64().unwrap() < above && above < ends[1].as_f64().unwrap() && above < 0.01, "{objective}");
    assert!(of_choice["requests"].as_u64().unwrap() > 10_000);
    let load = policy["max_load_per_s"].as_array().unwrap();
    assert!(load[0].as_f64().unwrap() >= 80.0 && load[1].as_f64().unwrap() < 90.0, "{load:?}");
}

#[test]
fn the_output_satisfies_its_schema_and_depends_on_no_number_of_jobs() {
    let desk = desk();
    let printed = |jobs: u32| {
        text(&desk.run(&format!("plan loop.json --within 5% --choose workers,pool --format json --jobs {jobs}"), 0))
    };
    let one = printed(1);
    assert!(one == printed(2), "the same bytes");
    let schema: Value = serde_json::from_str(&text(&desk.run("schema plan", 0))).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let plan: Value = serde_json::from_str(&one).unwrap();
    let mistakes: Vec<String> = validator.iter_errors(&plan).map(|error| error.to_string()).collect();
    assert!(mistakes.is_empty(), "{mistakes:?}");
    assert_eq!(plan["policies"][0]["sizes"], serde_json::json!(["workers", "pool.db.size"]));
}

#[test]
fn every_format_writes_a_plan() {
    let desk = desk();
    let csv = text(&desk.run("plan shop.json --within 5% --format csv", 0));
    assert!(csv.starts_with("scenario,policy,configuration,is_choice,verdict,objective,above"), "{csv}");
    assert!(csv.contains("shop,sync,9 workers,true,meets,p99 < 700ms"), "{csv}");
    let markdown = text(&desk.run("plan shop.json --within 5% --format markdown --export junit=plan.xml", 0));
    assert!(markdown.contains("9 workers"), "{markdown}");
    assert!(desk.read("plan.xml").contains("<testcase name=\"p99 &lt; 700ms\""), "{}", desk.read("plan.xml"));
    let failed = text(&desk.run("plan shop.json --slo p99<400ms --format github", 1));
    assert!(failed.contains("::error"), "{failed}");
}

#[test]
fn the_chart_has_every_configuration_that_was_tried() {
    let desk = desk();
    let plan: Value = serde_json::from_str(&text(&desk.run("plan shop.json --within 5% --format json", 0))).unwrap();
    let chart = desk.read("output/shop/plan.svg");
    let tried = plan["policies"][0]["tried"].as_array().unwrap();
    for tried in tried {
        let name = format!("{} workers", tried["configuration"]["workers"]);
        assert!(chart.contains(&format!(">{name}</text>")), "no {name} in\n{chart}");
    }
    assert!(chart.contains("p99 &lt; 700ms") && chart.contains(", the choice"), "{chart}");
    assert_eq!(chart.matches("class=\"tried\"").count(), tried.len());
    let desk = self::desk();
    desk.run("plan shop.json --within 5% --no-charts", 0);
    assert!(!desk.path("output").exists(), "--no-charts writes no file");
}

#[test]
fn flags_of_pools_have_the_overflow_and_the_minimum_of_the_scenario() {
    let pool = r#""pool": { "size": 10, "overflow": 10, "min": 2 }"#;
    let desk = Desk::empty().with("loop.json", LOOP.replace(r#""pool": { "size": 10 }"#, pool));
    let shown = text(&desk.run("plan loop.json --choose pool --within 5% --no-charts", 0));
    for words in ["pool_size=1, max_overflow=10)", "min_size=1, max_size=11)"] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
}

#[test]
fn the_choice_is_what_run_and_check_find_good() {
    let desk = desk();
    let plan: Value = serde_json::from_str(&text(&desk.run("plan shop.json --within 5% --format json", 0))).unwrap();
    let workers = &plan["policies"][0]["choice"]["workers"];
    let run = format!("--set policies.sync.workers={workers} --set run.requests=200000 --no-baseline");
    desk.run(&format!("check shop.json {run}"), 0);
}

#[test]
fn pools_have_the_words_of_real_clients() {
    let shown = text(&desk().run("plan loop.json --within 5% --choose pool", 0));
    for words in ["uvicorn: pool.db.size", "asyncpg.create_pool(dsn, min_size=", "create_engine(url, pool_size="] {
        assert!(shown.contains(words), "no {words:?} in\n{shown}");
    }
}

#[test]
fn the_highest_load_is_a_bracket() {
    let desk = desk();
    let printed =
        text(&desk.run("plan shop.json --set policies.sync.workers=9 --max-load --within 3% --format json", 0));
    let plan: Value = serde_json::from_str(&printed).unwrap();
    let policy = &plan["policies"][0];
    assert!(policy["choice"].is_null() && policy["tried"].as_array().is_some_and(Vec::is_empty), "nothing is chosen");
    let ends = policy["max_load_per_s"].as_array().unwrap();
    let [low, high] = [0, 1].map(|end| ends[end].as_f64().unwrap());
    // M/M/9: p99 is 700 ms at 82.6/s.
    assert!(low <= 84.0 && high >= 81.0 && high / low < 1.1, "{low} to {high}");
}

#[test]
fn the_exit_code_says_whether_the_load_that_arrives_is_sustained() {
    let desk = desk();
    let too_few = desk.run("plan shop.json --set policies.sync.workers=8 --max-load --within 5%", 1);
    assert!(text(&too_few).starts_with("sync: "), "{}", text(&too_few));
    assert!(errors(&too_few).contains("at the load that arrives, no policy meets p99 < 700ms"), "{}", errors(&too_few));
    let json = desk.run("plan shop.json --set policies.sync.workers=8 --max-load --within 5% --format json", 1);
    let plan: Value = serde_json::from_str(&text(&json)).unwrap();
    assert_eq!(
        (&plan["policies"][0]["verdict"], plan["policies"][0].get("why")),
        (&"impossible".into(), None),
        "{plan}"
    );
    desk.run("plan shop.json --set policies.sync.workers=12 --max-load --within 5%", 0);
}

#[test]
fn limits_that_kept_larger_configurations_out_are_named() {
    let shown =
        text(&desk().run("plan loop.json --within 5% --slo p99<70ms --choose pool --limit db.connections=2", 1));
    let tried = text(&desk().run("plan shop.json --within 5% --slo p99<560ms --limit workers=9", 1));
    assert!(tried.contains("sync: none of the configurations within workers <= 9 meets them"), "{tried}");
    let rows: Vec<&str> = tried.lines().filter(|line| line.contains(" workers ")).collect();
    assert!(tried.contains("above the bound") && rows.iter().all(|row| !row.contains('…')), "{tried}");
    assert!(shown.contains("impossible") || shown.contains("within db.connections <= 2"), "{shown}");
}

#[test]
fn near_saturation_is_a_warning_with_what_helps() {
    let desk = desk();
    let shown = flat(&text(&desk.run("plan shop.json --within 5%", 0)));
    assert!(shown.contains("sync: near saturation: offered 0.89 × capacity; "), "{shown}");
    assert!(shown.contains("`--robust` chooses one that "), "{shown}");
    let robust = flat(&text(&desk.run("plan shop.json --within 5% --robust", 0)));
    assert!(!robust.contains("`--robust`"), "{robust}");
    assert!(!text(&desk.run("plan loop.json --within 5%", 0)).contains("near saturation"));
}

#[test]
fn a_rule_of_thumb_that_fails_says_where() {
    // (2 × 4) + 1 = 9 workers are enough, and not for a tenth more load.
    let desk = desk();
    let four = "plan shop.json --within 5% --set machine.cores=4";
    let plain = flat(&text(&desk.run(four, 0)));
    assert!(plain.contains("9 workers; right: the same"), "{plain}");
    let robust = flat(&text(&desk.run(&format!("{four} --robust"), 0)));
    assert!(robust.contains("9 workers; meets the objectives as it is, fails at load +10 %: p99 "), "{robust}");
}

#[test]
fn the_headline_has_all_sizes_and_the_file_is_compared() {
    let threaded = r#"{
      "classes": { "page": { "phases": [ { "compute": "1ms" }, { "db": { "exponential": "40ms" } } ] } },
      "arrivals": { "poisson": "100/s" },
      "machine": { "cores": 4 },
      "policies": [ { "threaded": { "workers": 4, "threads": 16 } } ],
      "run": { "requests": 10000 },
      "slo": [ "p99 < 260ms" ]
    }"#;
    let desk = desk().with("threads.json", threaded);
    let shown = text(&desk.run("plan threads.json --choose threads --within 5%", 0));
    assert!(shown.starts_with("threaded: ") && shown.contains(" threads (with 4 workers)\n"), "{shown}");
    assert!(
        shown.contains("in the file") && shown.contains("16 threads, which these objectives do not need"),
        "{shown}"
    );
    let as_it_is =
        text(&desk.run("plan threads.json --choose threads --within 5% --set policies.threaded.threads=1", 0));
    assert!(!as_it_is.contains("in the file"), "{as_it_is}");
}

#[test]
fn connections_without_a_pool_are_not_limited() {
    let desk = desk();
    let without = desk.run("plan shop.json --limit db.connections=5 --set backends.db.concurrency=50", 2);
    assert!(errors(&without).contains("`db` has no pool, so no connections to it are counted"), "{}", errors(&without));
    desk.run("plan loop.json --limit db.connections=50 --choose pool --within 5% --quiet", 0);
}

#[test]
fn mistakes_are_answered_with_what_to_do() {
    let desk = desk();
    for (arguments, code, words) in [
        ("plan shop.json --slo p99==1s", 2, "equality is never certain"),
        ("plan shop.json --slo max<1s", 2, "grows with the length of the run"),
        ("plan shop.json --slo p98<1s", 2, "p99"),
        ("plan shop.json --choose thread", 2, "did you mean `threads`?"),
        ("plan shop.json --choose threads", 2, "no policy has the sizes"),
        ("plan shop.json --choose pool", 2, "no backend has a pool"),
        ("plan shop.json --cost disk=1GB", 2, "parts are worker, thread, connection and core"),
        ("plan shop.json --cost worker=-1", 2, "the cost must be a number of at least 0"),
        ("plan shop.json --limit memory=lots", 2, "the limit must be a number of at least 0"),
        ("plan shop.json --limit workers=8.5", 2, "the limit must be a whole number of at least 1"),
        ("plan shop.json --limit cores=5000000000", 2, "the limit must be a whole number of at least 1"),
        ("plan shop.json --within 0%", 2, "above 0%"),
        ("plan shop.json --set slo=[]", 2, "has no objective to plan for"),
        ("plan shop.json --max-load --set arrivals={\"users\":{\"count\":3,\"think\":\"1s\"}}", 2, "no constant rate"),
        ("plan none.json", 2, "none.json"),
    ] {
        let output = desk.run(arguments, code);
        assert!(errors(&output).contains(words), "{arguments}: no {words:?} in\n{}", errors(&output));
    }
}

#[test]
fn a_rule_that_gives_fewer_workers_than_start_is_not_tried() {
    let scenario = r#"{
      "classes": { "page": { "phases": [ { "compute": "1ms" } ] } },
      "arrivals": { "poisson": "10/s" },
      "policies": [ { "php_fpm": { "max_children": 9, "start_servers": 8, "max_spare_servers": 9 } } ],
      "run": { "requests": 500 }
    }"#;
    let desk = Desk::empty().with("php.json", scenario);
    let plan = text(&desk.run("plan php.json --slo p99<1s --format json --quiet", 0));
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["policies"][0]["choice"]["max_children"], 9, "{plan}");
    assert!(plan["policies"][0]["rule_of_thumb"].is_null(), "{plan}");
}

#[test]
fn the_headroom_of_a_choice_is_shown() {
    let desk = desk();
    let plan = text(&desk.run("plan shop.json --slo headroom>=20% --policy sync --format json --quiet", 0));
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let policy = &plan["policies"][0];
    let [capacity, offered] = ["capacity_per_s", "offered_per_s"].map(|name| policy[name].as_f64().unwrap());
    let mut tried = policy["tried"].as_array().unwrap().iter();
    let choice = tried.find(|tried| tried["configuration"] == policy["choice"]).unwrap();
    let value = choice["objectives"][0]["value"].as_f64().unwrap();
    assert!((value - (capacity / offered - 1.0)).abs() < 1e-6 && value >= 0.2, "{policy}");
}
