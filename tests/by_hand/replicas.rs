//! Replicas behind a balancer: each has cores, workers and a backlog of its own, and they share the backends.

use waitline::engine::{Ending, Owner};
use waitline::model::SimTime;

use crate::case::{System, check, check_parts, check_waits, check_workers, record, run};

const SYNC: &str = r#"{ "sync": {} }"#;
const TWO: &str = r#""replicas": { "count": 2 }"#;

/// A balancer in front of two replicas.
fn balancer(name: &str) -> String {
    format!(r#""replicas": {{ "count": 2, "balancer": "{name}" }}"#)
}

#[test]
fn each_replica_has_its_own_cores_and_workers() {
    let system = System { classes: "a = compute 10", arrivals: "0 a, 0 a, 0 a", with: TWO };
    // One core and one worker each: 1 and 3 in the first replica, 2 in the second.
    check(system, SYNC, "10, 10, 20");
    check_workers(system, SYNC, &[1, 2, 1]);
    check(system, r#"{ "async": {} }"#, "10, 10, 20");
    // Two threads of a replica share its core, in turns of 4 ms: 0–4, 4–8, 8–12, …; the lock goes at 5 ms, which is later.
    let free = r#"{ "threaded": { "threads": 2, "gil": false } }"#;
    check(system, free, "18, 10, 20");
    check_waits(system, free, 1, "cores 8");
    // Without replicas all three follow each other.
    check(System { with: "", ..system }, SYNC, "10, 20, 30");
}

#[test]
fn four_workers_in_one_container_help_each_other_and_four_containers_do_not() {
    // Every second request is long. In turn, the first of two replicas gets all the long ones.
    let system = System {
        classes: "long = compute 40; short = compute 10",
        arrivals: "0 long, 0 short, 15 long, 15 short",
        with: TWO,
    };
    check(system, SYNC, "40, 10, 80, 25");
    let one = r#""machine": { "cores": 2 }"#;
    // The worker that is free takes the third request at 15; the fourth waits until 40.
    check(System { with: one, ..system }, r#"{ "sync": { "workers": 2 } }"#, "40, 10, 55, 50");
}

#[test]
fn a_balancer_that_counts_sends_a_request_to_the_less_busy_replica() {
    let system = System {
        classes: "long = compute 100; short = compute 10",
        arrivals: "0 long, 1 short, 20 short, 21 short",
        with: "",
    };
    // In turn: the third and the long one in the first replica, the fourth in the second.
    check(System { with: &balancer("round_robin"), ..system }, SYNC, "100, 11, 110, 31");
    // The second has none at 20, and one at 21, as the first: after the second it is the turn of the first.
    check(System { with: &balancer("least_busy"), ..system }, SYNC, "100, 11, 30, 110");
    // Of two replicas both are drawn. The fourth comes when both have one request: either.
    let two = balancer("two_choices");
    let found = run(&System { with: &two, arrivals: "0 long, 1 short, 20 short", ..system }.scenario(SYNC)).0;
    let departures: Vec<_> = (0..3).map(|request| found.departure(request).unwrap().since_start()).collect();
    assert_eq!(departures.iter().map(|time| time.as_millis()).collect::<Vec<_>>(), [100.0, 11.0, 30.0]);
}

#[test]
fn a_balancer_may_send_requests_anywhere() {
    let arrivals: Vec<String> = (0..400).map(|number| format!("{} a", 20 * number)).collect();
    let (arrivals, with) = (arrivals.join(", "), balancer("random"));
    let system = System { classes: "a = compute 10", arrivals: &arrivals, with: &with };
    let workers = run(&system.scenario(SYNC)).0.workers();
    let first = workers.iter().filter(|worker| **worker == 1).count();
    // 200 expected, with a standard deviation of 10.
    assert!((150..=250).contains(&first), "{first} of 400");
    let changes = workers.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!((150..=250).contains(&changes), "{changes} changes of 399");
    assert_eq!(workers, run(&system.scenario(SYNC)).0.workers(), "the same seed, the same replicas");
}

#[test]
fn workers_of_a_replica_share_its_backlog_or_have_their_own() {
    // Two replicas with two workers each, on two cores.
    let with = r#""replicas": { "count": 2 }, "machine": { "cores": 2 }"#;
    let system = System { classes: "a = compute 10", arrivals: "0 a, 0 a, 0 a, 0 a, 0 a, 1 a", with };
    let policy = |dispatch: &str| format!(r#"{{ "sync": {{ "workers": 2, "dispatch": "{dispatch}" }} }}"#);
    check(system, &policy("shared"), "10, 10, 10, 10, 20, 20");
    // The lowest number first: the first worker of the replica that has room.
    check_workers(system, &policy("shared"), &[1, 3, 2, 4, 1, 3]);
    check_workers(system, &policy("round_robin"), &[1, 3, 2, 4, 1, 3]);
    check_workers(system, &policy("least_busy"), &[1, 3, 2, 4, 1, 3]);
    // Workers take one more each; the third request of a replica goes to the first worker, ahead of a free slot.
    check_workers(system, r#"{ "sync": { "workers": 2, "prefetch": 2 } }"#, &[1, 3, 2, 4, 1, 3]);
    // No place in the backlog of the first replica for a third request, although the second has none waiting.
    let full = r#"{ "sync": { "workers": 1, "backlog": 1 } }"#;
    check(System { arrivals: "0 a, 0 a, 0 a, 11 a, 12 a", ..system }, full, "10, 10, 20, 21, 30");
    check(
        System { arrivals: "0 a, 0 a, 0 a, 1 a, 2 a, 3 a", ..system },
        full,
        "10, 10, 20, 20, lost 2, lost 3; rejected 2",
    );
}

#[test]
fn acceptors_wake_up_for_requests_of_their_replica() {
    let with = r#""replicas": { "count": 2 }, "machine": { "cores": 2 }"#;
    let system = System { classes: "a = compute 10", arrivals: "0 a, 0 a, 0 a, 0 a", with };
    let policy = r#"{ "sync": { "workers": 2, "dispatch": "accept" } }"#;
    check(system, policy, "10, 10, 10, 10");
    let workers = run(&system.scenario(policy)).0.workers();
    let mut of_first = vec![workers[0], workers[2]];
    let mut of_second = vec![workers[1], workers[3]];
    of_first.sort_unstable();
    of_second.sort_unstable();
    assert_eq!((of_first, of_second), (vec![1, 2], vec![3, 4]));
}

#[test]
fn a_pool_belongs_to_a_worker_a_replica_or_the_application() {
    // Two replicas with two workers each; four queries at once.
    let with = |per: &str| {
        format!(
            r#""replicas": {{ "count": 2 }}, "backends": {{ "db": {{ "pool": {{ "size": 1, "per": "{per}" }} }} }}"#
        )
    };
    let two = r#"{ "sync": { "workers": 2 } }"#;
    for (per, expected) in
        [("worker", "10, 10, 10, 10"), ("replica", "10, 10, 20, 20"), ("application", "10, 20, 30, 40")]
    {
        let system = System { classes: "a = db 10", arrivals: "0 a, 0 a, 0 a, 0 a", with: &with(per) };
        check(system, two, expected);
    }
    // The backend is one for all: two queries at once.
    let with = r#""replicas": { "count": 2 }, "backends": { "db": { "concurrency": 2 } }"#;
    check(System { classes: "a = db 10", arrivals: "0 a, 0 a, 0 a, 0 a", with }, two, "10, 10, 20, 20");
}

#[test]
fn each_replica_has_its_own_quota() {
    // 10 ms of CPU time in 100: the first and the third in one replica, the second in the other.
    let with = r#""replicas": { "count": 2 }, "machine": { "cpu_limit": 0.1 }"#;
    let system = System { classes: "a = compute 8", arrivals: "0 a, 0 a, 20 a, 30 a", with };
    // The third has 20–22 and 100–106, the fourth 30–32 and 100–106.
    check(system, SYNC, "8, 8, 106, 106");
    check_waits(system, SYNC, 3, "cpu_limit 78");
    let throttled = record(system, SYNC).throttled.unwrap();
    // From 22 and from 32 to 100: of the two replicas together.
    assert_eq!(throttled.area, (78 + 68) * 1_000_000);
    // Processor sharing: two threads of a replica at half speed.
    let shared = r#""replicas": { "count": 2 }, "machine": { "quantum": "processor_sharing" }"#;
    let system = System { with: shared, arrivals: "0 a, 0 a, 0 a", ..system };
    check(system, r#"{ "threaded": { "threads": 2, "gil": false } }"#, "16, 8, 16");
}

#[test]
fn a_fault_affects_one_replica_or_all() {
    let fault =
        |kind: &str| format!(r#""replicas": {{ "count": 2 }}, "faults": [ {{ "at": "5ms", "for": "20ms", {kind} }} ]"#);
    let with = fault(r#""cores": 0, "replica": 1"#);
    let system = System { classes: "a = compute 10", arrivals: "0 a, 0 a, 6 a, 6 a", with: &with };
    // The first stands still from 5 to 25.
    check(system, SYNC, "30, 10, 40, 20");
    check_parts(system, SYNC, 1, "compute 0–5, run_queue_wait 5–25, compute 25–30");
    check(System { with: &fault(r#""cores": 0"#), ..system }, SYNC, "30, 30, 40, 40");
    // The request inside fails, and the third waits until the worker is back.
    check(System { with: &fault(r#""restart": {}, "replica": 2"#), ..system }, SYNC, "10, lost 5, 20, 35; failed 1");
    check(
        System { with: &fault(r#""restart": { "worker": 1 }, "replica": 2"#), ..system },
        SYNC,
        "10, lost 5, 20, 35; failed 1",
    );
    check(System { with: &fault(r#""restart": { "worker": 1 }"#), ..system }, SYNC, "lost 5, lost 5, 35, 35; failed 2");
    check(System { with: &fault(r#""restart": { "worker": 2 }, "replica": 2"#), ..system }, SYNC, "10, 10, 20, 20");
}

/// The first of two replicas stands still from 1 to 100 ms.
const WEDGED: &str = r#""faults": [ { "at": "1ms", "for": "99ms", "cores": 0, "replica": 1 } ], "replicas": { "count": 2,
    "health": { "interval": "10ms", "timeout": "5ms", "unhealthy_after": 2, "healthy_after": 1 } }"#;

#[test]
fn a_health_check_takes_a_wedged_replica_out_and_brings_it_back() {
    // The probes of the first replica: one at 0 is answered, those at 10 and 20 fail at 15 and 25. From then on it gets
    // nothing: the request of 26 would have been its turn. The probe of 100 finds the worker busy with the request that
    // came at 12, and is answered at 102. The next in turn is the first replica again.
    let system =
        System { classes: "a = compute 2", arrivals: "12 a, 14 a, 26 a, 28 a, 101 a, 103 a, 104 a", with: WEDGED };
    check(system, SYNC, "102, 16, 28, 30, 103, 105, 106");
    check_workers(system, SYNC, &[1, 2, 2, 2, 2, 1, 2]);
    check(system, r#"{ "async": {} }"#, "102, 16, 28, 30, 103, 105, 106");
    check(system, r#"{ "threaded": { "threads": 1 } }"#, "102, 16, 28, 30, 103, 105, 106");
    let usage = record(system, SYNC).replicas;
    assert_eq!(usage.iter().map(|replica| replica.requests).collect::<Vec<_>>(), [2, 5]);
    // Those of 10 to 90.
    assert_eq!(usage.iter().map(|replica| replica.failed_probes).collect::<Vec<_>>(), [9, 0]);
    // From 25 to 102.
    assert_eq!(usage.iter().map(|replica| replica.out.area).collect::<Vec<_>>(), [77_000_000, 0]);
}

#[test]
fn a_probe_takes_a_slot_and_the_cpu_time_of_its_answer() {
    // Probes of the only replica at 0, 10, 20, …, of 3 ms each: the request waits from 10 to 13, and one in the middle of it
    // lets the next probe wait.
    let with = r#""replicas": { "count": 1, "health": { "interval": "10ms", "timeout": "5ms", "compute": "3ms" } }"#;
    let system = System { classes: "a = compute 5", arrivals: "10.5 a, 28 a", with };
    check(system, SYNC, "18, 33");
    let record = record(system, SYNC);
    // 0–3, 10–13, 20–23; the probe of 30 waits until 33, when the last request has left and the run ends.
    assert_eq!(record.cores.area, 19_000_000);
    assert_eq!((record.replicas[0].requests, record.replicas[0].failed_probes), (2, 0));
    assert_eq!(record.in_system.area, 12_500_000, "a probe is no request");
}

#[test]
fn probes_fail_if_the_worker_serves_something_else_for_too_long() {
    // The probe of 10 waits behind the request until 15 and fails; after one failure the replica is out, and as it is the
    // only one, the next request is sent to it all the same.
    let with =
        r#""replicas": { "count": 1, "health": { "interval": "10ms", "timeout": "5ms", "unhealthy_after": 1 } }"#;
    let system = System { classes: "a = compute 14", arrivals: "2 a, 16 a", with };
    check(system, SYNC, "16, 30");
    let usage = record(system, SYNC).replicas;
    // From 15 to the answer of the probe of 20, which waits until 25 and fails too: out to the end at 30.
    assert_eq!((usage[0].failed_probes, usage[0].out.area), (2, 15_000_000));
}

#[test]
fn a_client_that_gives_up_leaves_the_balancer_but_not_the_replica() {
    // The client of the first request gives up at 10 (the work is done at 102), so at 20 both replicas look idle, and it is the turn of the first.
    let with = r#""replicas": { "count": 2, "balancer": "least_busy" }, "clients": { "timeout": "10ms" },
        "faults": [ { "at": "0ms", "for": "100ms", "cores": 0, "replica": 1 } ]"#;
    let system = System { classes: "a = compute 2", arrivals: "0 a, 1 a, 20 a", with };
    check(system, SYNC, "lost 102, 3, lost 104; timed_out 2, late 2");
    // In this order the first request is still counted at 5.
    check(System { arrivals: "0 a, 1 a, 5 a", ..system }, SYNC, "lost 102, 3, 7; timed_out 1, late 1");
}

#[test]
fn a_deadlock_inside_a_replica_is_named_and_ends_the_run_although_probes_go_on() {
    let with = r#""replicas": { "count": 2, "health": { "interval": "10ms", "timeout": "10ms", "compute": "6ms" } },
        "machine": { "cores": 4 }, "backends": { "db": { "pool": { "size": 1, "per": "replica" } } }"#;
    let nested = r#"tx = { "hold": { "backend": "db", "phases": [ { "hold": { "backend": "db", "phases": [ { "db": "1ms" } ] } } ] } }"#;
    let system = System { classes: nested, arrivals: "0 tx", with };
    let found = record(system, r#"{ "async": {} }"#);
    assert_eq!(found.deadlock.unwrap().held[0].owner, Owner::Replica(0));
    // The first is sent before the request arrives; those of 5 and 10 would find that nothing will ever happen.
    assert_eq!((found.ending, found.end), (Ending::Deadlock, SimTime::from_nanos(10_000_000)));
    // A fault that repeats changes nothing about that, but is waited for.
    let with = format!(r#"{with}, "faults": [ {{ "at": "50ms", "for": "1ms", "every": "20ms", "cores": 2 }} ]"#);
    let found = record(System { with: &with, ..system }, r#"{ "async": {} }"#);
    assert_eq!(found.ending, Ending::Deadlock);
    assert!(found.end < SimTime::from_nanos(500_000_000), "{:?}", found.end);
}

#[test]
fn probes_go_on_while_a_user_thinks_or_a_request_sleeps_for_long() {
    // The only user thinks for 1 s: the replica without a core is out when the request comes, so it goes to the other one.
    let with = r#""arrivals": { "users": { "count": 1, "think": "1s" } }, "run": { "requests": 2 },
        "faults": [ { "at": "0.5s", "for": "600s", "cores": 0, "replica": 1 } ], "replicas": { "count": 2,
        "health": { "interval": "10ms", "timeout": "5ms", "unhealthy_after": 1 } }"#;
    let system = System { classes: "a = compute 1", arrivals: "", with };
    check(system, SYNC, "1001, 2002");
    check_workers(system, SYNC, &[2, 2]);
    // The last request sleeps from 0 to 2 s, and then computes in a replica that is probed until it leaves.
    let with = WEDGED.replace("99ms", "10s").replace("\"1ms\"", "\"500ms\"");
    let system = System { classes: "a = sleep 2000 > compute 1", arrivals: "0 a", with: &with };
    let usage = record(system, r#"{ "async": {} }"#).replicas;
    assert!(usage[0].failed_probes > 900, "{} probes failed until 10.5 s", usage[0].failed_probes);
}

#[test]
fn probes_go_on_until_the_horizon() {
    // Out from 25 (the second failure) to 100; the only request has left at 1.
    let with = format!(r#"{WEDGED}, "run": {{ "duration": "200ms" }}"#);
    let system = System { classes: "a = compute 1", arrivals: "0 a", with: &with };
    let usage = record(system, SYNC).replicas;
    assert_eq!((usage[0].failed_probes, usage[0].out.area), (9, 75_000_000));
}

#[test]
fn without_a_core_nothing_computes_under_any_way_to_share_cores() {
    // 0–20 of the first and second quota of 50 ms in 100; no core from 75 to 175, where the quota of the third period begins.
    for quantum in ["4ms", "processor_sharing"] {
        let machine = format!(r#""machine": {{ "cpu_limit": 0.5, "quantum": "{quantum}" }}"#);
        let with = format!(r#"{machine}, "faults": [ {{ "at": "75ms", "for": "100ms", "cores": 0 }} ]"#);
        let system = System { classes: "a = compute 120", arrivals: "0 a", with: &with };
        // 0–50; none in 100–175; 175–200 of the second quota, 200–245.
        check(system, r#"{ "async": {} }"#, "245");
        check(system, r#"{ "threaded": { "threads": 2 } }"#, "245");
    }
}

#[test]
fn a_limit_of_the_application_comes_before_the_balancer() {
    // The second and fourth are rejected and take no turn: the others go to one replica after the other.
    let with = r#""replicas": { "count": 2 }, "classes": { "a": { "phases": [{ "compute": "10ms" }] },
        "b": { "limit": { "in_progress": 1 }, "phases": [{ "sleep": "100ms" }] } }"#;
    let system = System { classes: "a = compute 1", arrivals: "0 b, 1 a, 2 b, 3 a, 4 b, 5 a", with };
    let (seen, record) = run(&system.scenario(r#"{ "async": {} }"#));
    assert_eq!(seen.workers(), [1, 2, 1, 2]);
    assert_eq!(record.replicas.iter().map(|replica| replica.requests).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn probes_are_spread_over_the_interval_and_are_no_requests_of_workers() {
    // The second replica is probed at 5, 15, 25, …: out from 20 (the second failure) to 105, when it answers again.
    let with = WEDGED.replace(r#""replica": 1"#, r#""replica": 2"#);
    let with = format!(r#"{with}, "run": {{ "duration": "200ms" }}"#);
    let system = System { classes: "a = compute 1", arrivals: "0 a", with: &with };
    for policy in [SYNC, r#"{ "async": {} }"#, r#"{ "threaded": { "threads": 2 } }"#] {
        let record = record(system, policy);
        assert_eq!((record.replicas[1].failed_probes, record.replicas[1].out.area), (10, 85_000_000), "{policy}");
        // Workers of different replicas differ, so each has numbers of its own.
        assert_eq!(record.workers.iter().map(|worker| worker.requests).collect::<Vec<_>>(), [1, 0], "{policy}");
    }
}
