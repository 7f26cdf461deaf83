//! Deadlocks in words.

use crate::output::block::number::significant;
use crate::stats::{DeadlockResults, DeadlockedRequest, HeldStation};

/// Who holds what, and what they wait for.
pub fn deadlock(deadlock: &DeadlockResults) -> String {
    let DeadlockResults { since_ms, requests, held } = deadlock;
    let who = if *requests == 1 { "1 request waits".to_owned() } else { format!("{requests} requests wait") };
    let held: Vec<String> = held.iter().map(held_station).collect();
    format!(
        "a deadlock since {} s: {who} for each other and will never go on; {}",
        significant(since_ms / 1e3),
        held.join("; ")
    )
}

fn held_station(held: &HeldStation) -> String {
    let HeldStation { station, worker, replica, count, waiting, holders_wait_for, holders } = held;
    let of_worker = worker.map(|worker| format!(" of worker {worker}"));
    let of_replica = replica.map(|replica| format!(" of replica {replica}"));
    let owner = of_worker.or(of_replica).unwrap_or_default();
    let what = thing(station, *count);
    let all = if *count == 1 { format!("the {what}{owner} is") } else { format!("all {count} {what}{owner} are") };
    let (only, several) = (holders_wait_for.len() == 1, *count > 1);
    let waits = holders_wait_for.iter().map(|wait| {
        let what = thing(&wait.station, 1);
        let another = if wait.station == *station { format!("another {what}") } else { format!("the {what}") };
        match (only, several) {
            (true, true) => format!("requests that each wait for {another}"),
            (true, false) => format!("a request that waits for {another}"),
            (false, _) => format!("{} by requests that wait for {another}", wait.count),
        }
    });
    let waits: Vec<String> = waits.collect();
    let by = if only { "held by " } else { "held, " };
    let first = holders.first().map(first_holder).unwrap_or_default();
    let others = match *waiting {
        1 => "1 request waits there".to_owned(),
        waiting => format!("{waiting} requests wait there"),
    };
    format!("{all} {by}{}{first}; {others}", waits.join(" and "))
}

fn first_holder(holder: &DeadlockedRequest) -> String {
    let DeadlockedRequest { request, class, waits_for: _, since_ms } = holder;
    format!(" (such as request {request}, {class}, since {} s)", significant(since_ms / 1e3))
}

/// What a station consists of.
fn thing(station: &str, count: u64) -> String {
    let several = if count == 1 { "" } else { "s" };
    match station.split_once('.') {
        Some(("pool", backend)) => format!("connection{several} of pool {backend}"),
        _ if station == "threads" => format!("thread{several} of the pool"),
        _ => format!("turn{several} to run"),
    }
}
