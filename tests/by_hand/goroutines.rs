//! Go's scheduler: which goroutine runs next, and for how long.

use crate::case::{System, check};

const GO: &str = r#"{ "threaded": { "threads": 100, "gil": false, "scheduler": "go" } }"#;

const SYSTEM: &str = r#"{ "threaded": { "threads": 100, "gil": false } }"#;

#[test]
fn a_goroutine_that_a_timer_wakes_goes_before_connections() {
    // Work 0–8; the timer ends at 5, after the connection at 1.
    let system = System {
        classes: "nap = sleep 5 > compute 1; work = compute 8; page = compute 3",
        arrivals: "0 nap, 0 work, 1 page",
        with: r#""machine": { "quantum": "100ms", "wake_preemption": "1ms" }"#,
    };
    check(system, GO, "9, 8, 12");
    // As the system has it, who becomes ready takes the core of work that has had it for 1 ms: page 1–4, nap 5–6, work 6–12.
    check(system, SYSTEM, "6, 12, 4");
}

#[test]
fn of_several_timers_the_last_goes_first_and_the_others_queue() {
    // Work 0–8, then the nap of 5 ms, the naps of 3 and 4 ms, the page.
    let system = System {
        classes: "three = sleep 3 > compute 1; four = sleep 4 > compute 1; five = sleep 5 > compute 1; work = compute 8; \
                  page = compute 3",
        arrivals: "0 three, 0 four, 0 five, 0 work, 1 page",
        with: "",
    };
    check(system, GO, "10, 11, 9, 8, 14");
}

#[test]
fn connections_are_accepted_together_and_the_last_goes_first() {
    // Work 0–8, then the page of 3, then those of 1 and 2.
    let system =
        System { classes: "work = compute 8; page = compute 3", arrivals: "0 work, 1 page, 2 page, 3 page", with: "" };
    check(system, GO, "8, 14, 17, 11");
}

#[test]
fn sockets_are_read_in_reverse_order_and_a_stand_in_is_a_timer() {
    // Work 0–8. Ready are a connection at 1, answers at 3 and 5: read in reverse, 8–9 the second, 9–10 the first, then the page.
    let system = System {
        classes: "three = db 3 > compute 1; five = db 5 > compute 1; work = compute 8; page = compute 3",
        arrivals: "0 three, 0 five, 0 work, 1 page",
        with: "",
    };
    check(system, GO, "10, 9, 8, 13");
    // A nap goes before all of them: 8–9.
    let with_nap = System {
        classes: "three = db 3 > compute 1; five = sleep 5 > compute 1; work = compute 8; page = compute 3",
        ..system
    };
    check(with_nap, GO, "10, 9, 8, 13");
    let later = System { arrivals: "0 five, 0 work, 1 page, 2 three", ..with_nap };
    // The answer is ready at 5 as well, after the connection: nap 8–9, answer 9–10, page 10–13.
    check(later, GO, "9, 8, 13, 10");
    // A stand-in for a database is a sleep: of two timers at 3 and 5 the last goes first, of 5 and 3 too.
    let stand_in = System { with: r#""backends": { "db": { "stand_in": true } }"#, ..system };
    check(stand_in, GO, "10, 9, 8, 13");
}

#[test]
fn a_turn_ends_at_the_second_tick_of_ten_milliseconds() {
    // From 0 to 20, 20–40, 40–60, 60–80, 80–90, 90–100.
    let system = System { classes: "page = compute 50", arrivals: "0 page, 1 page", with: "" };
    check(system, GO, "90, 100");
    // From 5 to 20, which is the second tick; then as above: 20–40, 40–60, 60–80; the first has 15 left and the second 10.
    let later = System { arrivals: "5 page, 6 page", ..system };
    check(later, GO, "95, 105");
    // None waits at 20: that turn is followed by another, which ends at 40. The second 40–60, the first 60–70.
    let alone = System { arrivals: "0 page, 25 page", ..system };
    check(alone, GO, "70, 100");
}

#[test]
fn a_turn_that_ends_comes_after_connections_of_earlier_ticks() {
    // The page came at 1, long before the turn ended at 20: 20–23. One that comes at the instant of the tick is not seen.
    let system =
        System { classes: "work = compute 25; page = compute 3", arrivals: "0 work, 1 page, 20 page", with: "" };
    check(system, GO, "28, 23, 31");
}

#[test]
fn one_that_goes_first_continues_the_turn_of_the_one_before() {
    // Work 0–13. The nap goes first and continues that turn, which ends at 20; the page 20–23, the rest of the nap 23–26. Had it
    // a turn of its own, from 13 to 30, it would be done at 23.
    let system = System {
        classes: "nap = sleep 5 > compute 10; work = compute 13; page = compute 3",
        arrivals: "0 nap, 0 work, 1 page",
        with: "",
    };
    check(system, GO, "26, 13, 23");
    // The page comes when the first has left: a turn of its own for the nap, from 20 to the second tick at 40.
    let idle = System {
        classes: "nap = sleep 20 > compute 25; work = compute 13; page = compute 3",
        arrivals: "0 nap, 0 work, 21 page",
        ..system
    };
    check(idle, GO, "48, 13, 43");
}

#[test]
fn two_cores_take_from_one_queue() {
    // Work 0–8 and 0–8. At 8 the nap and the second page, 8–9 and 8–11, then the first page 9–12.
    let system = System {
        classes: "nap = sleep 5 > compute 1; work = compute 8; page = compute 3",
        arrivals: "0 nap, 0 work, 0 work, 1 page, 2 page",
        with: r#""machine": { "cores": 2 }"#,
    };
    check(system, GO, "9, 8, 8, 12, 11");
}

#[test]
fn a_lock_leaves_the_scheduler_nothing_to_do() {
    let system = System { classes: "page = compute 50", arrivals: "0 page, 1 page", with: "" };
    let locked = |scheduler| format!(r#"{{ "threaded": {{ "threads": 9, "scheduler": "{scheduler}" }} }}"#);
    check(system, &locked("go"), "95, 100");
    check(system, &locked("system"), "95, 100");
}
