//! Backends whose units all queries under way share equally.

use crate::case::{System, check, check_parts, check_waits, record};

const POLICIES: [&str; 4] = [
    r#"{ "sync": { "workers": 3 } }"#,
    r#"{ "threaded": { "threads": 3 } }"#,
    r#"{ "threaded": { "threads": 3, "gil": false } }"#,
    r#"{ "async": {} }"#,
];

/// A database of that many units, with other fields.
fn shared(units: u32, others: &str) -> String {
    format!(r#""backends": {{ "db": {{ "concurrency": {units}, "sharing": true {others} }} }}"#)
}

/// The same under every policy: the requests do nothing except to wait.
fn check_all(classes: &str, arrivals: &str, with: &str, expected: &str) {
    POLICIES.iter().for_each(|policy| check(System { classes, arrivals, with }, policy, expected));
}

#[test]
fn queries_share_a_unit_equally() {
    // Both at half speed for 20 ms.
    check_all("page = db 10", "0 page, 0 page", &shared(1, ""), "20, 20");
    // 0–5 alone, then both at half speed: the first has its other 5 at 15; the second has 5 then, and 5 alone.
    let with = shared(1, "");
    check_all("page = db 10", "0 page, 5 page", &with, "15, 20");
    let system = System { classes: "page = db 10", arrivals: "0 page, 5 page", with: &with };
    for policy in POLICIES {
        check_parts(system, policy, 1, "backend_wait 0–5, backend 5–15");
        check_parts(system, policy, 2, "backend_wait 5–10, backend 10–20");
        check_waits(system, policy, 2, "backend.db 5");
    }
}

#[test]
fn queries_are_served_at_full_speed_while_there_are_no_more_of_them_than_units() {
    check_all("page = db 10", "0 page, 4 page", &shared(2, ""), "10, 14");
    // Three at two thirds of the speed.
    check_all("page = db 10", "0 page, 0 page, 0 page", &shared(2, ""), "15, 15, 15");
    // Until 6 each has 4; then two are left, at full speed.
    check_all("page = db 10; short = db 4", "0 page, 0 page, 0 short", &shared(2, ""), "12, 12, 6");
}

#[test]
fn a_query_that_leaves_frees_its_share() {
    // Until 12 both have 8 and 4: the first is given up, the other continues alone.
    let clients = r#", "clients": { "timeout": "12ms", "cancel": true }"#;
    let with = shared(1, "") + clients;
    check_all("long = db 30; short = db 5", "0 long, 4 short", &with, "lost 12, 13; timed_out 1");
    check_parts(
        System { classes: "long = db 30; short = db 5", arrivals: "0 long, 4 short", with: &with },
        POLICIES[3],
        1,
        "backend_wait 0–4, backend 4–12",
    );
    // Without `cancel` the work goes on: both until 14, then 23 more.
    let with = shared(1, "") + &clients.replace("true", "false");
    check_all("long = db 30; short = db 5", "0 long, 4 short", &with, "lost 35, 14; timed_out 1, late 1");
    // The backend goes down at 6 and comes back at 8.
    let with = shared(1, "") + r#", "faults": [{ "at": "6ms", "for": "2ms", "down": { "backend": "db" } }]"#;
    check_all("page = db 10", "0 page, 4 page, 8 page", &with, "lost 6, lost 6, 18; failed 2");
}

#[test]
fn queries_that_start_while_the_backend_is_slow_need_more_of_it() {
    // The first needs 20: 5 alone, and 10 until 25, when the second has its 10.
    let with =
        shared(1, "") + r#", "faults": [{ "at": "0ms", "for": "5ms", "slow": { "backend": "db", "factor": 2 } }]"#;
    check_all("page = db 10", "0 page, 5 page", &with, "30, 25");
}

#[test]
fn a_shared_backend_is_asked_through_its_pool() {
    // The first two share it until 20.
    let with = shared(1, r#", "pool": { "size": 2, "per": "application" }"#);
    check_all("page = db 10", "0 page, 0 page, 0 page", &with, "20, 20, 30");
    let system = System { classes: "page = db 10", arrivals: "0 page, 0 page, 0 page", with: &with };
    check_parts(system, POLICIES[3], 3, "pool_wait 0–20, backend 20–30");
}

#[test]
fn branches_share_a_backend() {
    let classes = r#"page = {"parallel": [{"db": "10ms"}, {"db": "20ms"}]} > compute 1"#;
    let with = shared(1, "");
    // At 20 both have 10; the other 10 alone.
    check(System { classes, arrivals: "0 page", with: &with }, POLICIES[3], "31");
    check_parts(
        System { classes, arrivals: "0 page", with: &with },
        POLICIES[3],
        1,
        "backend_wait 0–10, backend 10–30, compute 30–31",
    );
    // Under the others they follow each other.
    check(System { classes, arrivals: "0 page", with: &with }, POLICIES[0], "31");
}

#[test]
fn units_that_are_busy_and_queries_beyond_them_are_counted() {
    // 0–5 one query, 5–15 two, 15–20 one.
    let with = shared(1, "");
    let record = record(System { classes: "page = db 10", arrivals: "0 page, 5 page", with: &with }, POLICIES[3]);
    assert_eq!(record.backends[0].area, 20_000_000);
    assert_eq!((record.backend_queues[0].area, record.backend_queues[0].max), (10_000_000, 1));
}

#[test]
fn a_query_without_demand_takes_no_time() {
    check_all("page = db 10; empty = db 0", "0 page, 3 empty", &shared(1, ""), "10, 3");
}
