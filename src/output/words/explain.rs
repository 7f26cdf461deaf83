//! Waits, and whose fault they are, in words.

use std::collections::BTreeMap;

use super::listed;
use crate::model::Activity;
use crate::output::block::number::significant;
use crate::study::{BlameCause, RequestExplanation, UnconfirmedShare, WaitExplanation, WhatIf, WhatIfChange};

/// How many requests and causes are named before the rest is added up.
const NAMED: usize = 3;

/// Waits shorter than this share of the response time are not worth a word.
const NOT_WORTH_A_WORD: f64 = 0.01;

/// A cause, after "behind".
pub const fn blame_cause(cause: BlameCause) -> &'static str {
    match cause {
        BlameCause::Fault => "a fault",
        BlameCause::Quota => "the used-up CPU quota",
        BlameCause::Restart => "a worker that restarts",
        BlameCause::ContextSwitch => "context switches",
        BlameCause::Connecting => "a connection that is opened",
        BlameCause::Kept => "a unit that is kept for another request",
        BlameCause::Acceptor => "the acceptor of the worker",
        BlameCause::Clients => "clients on the same cores",
        BlameCause::HealthCheck => "probes of the health check",
        BlameCause::Itself => "the request itself",
        BlameCause::Deadlock => "a deadlock",
    }
}

/// Where a request waits, after "370 ms": `in the backlog`.
fn waiting_at(station: &str) -> String {
    match station.split_once('.') {
        Some(("pool", backend)) => format!("waiting for a connection to {backend}"),
        Some(("backend", backend)) => format!("waiting until {backend} serves it"),
        Some(_) => format!("at {station}"),
        None => match station {
            "backlog" => "in the backlog".to_owned(),
            "turn" => "waiting for its turn".to_owned(),
            "cores" => "waiting for a core".to_owned(),
            "cpu_limit" => "stopped by the CPU quota".to_owned(),
            "threads" => "waiting for a thread".to_owned(),
            station => format!("at {station}"),
        },
    }
}

/// Who holds what is waited for there, after "during 300 of these 370 ms".
fn holder(station: &str) -> &'static str {
    match station.split_once('.').map_or(station, |(group, _)| group) {
        "backlog" => "the request in the worker",
        "turn" => "the request whose turn it was",
        "pool" => "the request with the connection",
        "threads" => "the request in the thread",
        _ => "the other request",
    }
}

/// What became of a request, in a sentence: how long it took, where it waited, and behind which requests.
pub fn story(request: &RequestExplanation) -> String {
    let slowdown = request.slowdown.map(|slowdown| format!(", {slowdown:.1} × its demand")).unwrap_or_default();
    let name = format!("request {} ({})", request.request, request.class);
    let time = millis(request.response_time_ms);
    let mut sentence = match request.outcome {
        "answered" => format!("{name} took {time} ms{slowdown}"),
        "in_flight" => format!("{name} was still in flight after {time} ms"),
        "served_late" | "timed_out" => format!("the client of {name} gave up after {time} ms or before"),
        outcome => format!("{name} {} after {time} ms", if outcome == "failed" { "failed" } else { "was rejected" }),
    };
    let stations = by_station(request);
    let worth = |wait: &f64| *wait >= NOT_WORTH_A_WORD * request.response_time_ms && *wait > 0.0;
    let told: Vec<String> = stations.iter().filter(|at| worth(&at.wait_ms)).map(At::sentence).collect();
    if told.is_empty() {
        let wait: f64 = stations.iter().map(|at| at.wait_ms).sum();
        let waited =
            if wait > 0.0 { format!("waits are only {} ms of it", millis(wait)) } else { "without a wait".to_owned() };
        return format!("{sentence}: {waited}");
    }
    sentence.push_str(": ");
    sentence.push_str(&told.join("; "));
    sentence
}

/// A change, as the beginning of a sentence: `one more worker (2)`.
pub fn what_if_change(change: &WhatIfChange) -> String {
    match change {
        WhatIfChange::ClassAbsent { class } => format!("without the work of {class}"),
        WhatIfChange::PhaseShorter { class, phase, what } => format!("{what} of {class} (phase {phase}) 10 % shorter"),
        WhatIfChange::OneMore { size, number } => one_more(size, *number),
        WhatIfChange::OtherPolicy { policy } => format!("policy {policy}"),
    }
}

/// A share that is larger than what there is to gain without the class.
pub fn unconfirmed_share(share: &UnconfirmedShare) -> String {
    let UnconfirmedShare { class, blamed, share_ms, gain_ms } = share;
    format!(
        "{blamed} has {} ms of the mean wait of {class}, and without the work of {blamed} its mean is only {} ms lower: others \
         would take its place",
        millis(*share_ms),
        millis(gain_ms.max(0.0))
    )
}

/// `one more worker (2 workers)`.
fn one_more(size: &str, number: u32) -> String {
    match size.strip_prefix("pool.").and_then(|name| name.strip_suffix(".size")) {
        Some(backend) => format!("one more connection to {backend} ({number})"),
        None => format!("one more of {size} ({number})"),
    }
}

/// What the changes give that help most: any at all, and one more of something; none if no change helps.
pub fn what_if(request: &RequestExplanation, what_if: &[WhatIf]) -> Option<String> {
    let helps = |one: &&WhatIf| one.difference_ms.is_some_and(|difference| difference < 0.0);
    let best = what_if.iter().find(helps);
    let is_size = |one: &&WhatIf| matches!(one.change, WhatIfChange::OneMore { .. });
    let best_size = what_if.iter().filter(is_size).find(helps).filter(|one| Some(*one) != best);
    let told = |one: &WhatIf| Some(format!("{}: {} ms", what_if_change(&one.change), millis(one.response_time_ms?)));
    let all: Vec<String> = best.into_iter().chain(best_size).filter_map(told).collect();
    (!all.is_empty()).then(|| format!("what would have helped request {} most: {}", request.request, all.join("; ")))
}

/// The waits of a request at one station.
struct At<'a> {
    station: &'a str,
    wait_ms: f64,
    /// The shares of requests and causes, the largest first.
    behind: Vec<(String, f64)>,
    /// For how long the holders waited for a backend meanwhile, and for how long they slept.
    backend_ms: f64,
    sleep_ms: f64,
}

impl At<'_> {
    fn sentence(&self) -> String {
        let wait = millis(self.wait_ms);
        let mut sentence = format!("{wait} ms {}", waiting_at(self.station));
        match self.behind.as_slice() {
            [(who, _)] => sentence.push_str(&format!(", all of it behind {who}")),
            all => {
                let named = if all.len() > NAMED + 1 { NAMED } else { all.len() };
                let (named, rest) = all.split_at(named);
                let mut parts: Vec<String> =
                    named.iter().map(|(who, share)| format!("{} behind {who}", millis(*share))).collect();
                if !rest.is_empty() {
                    let sum: f64 = rest.iter().map(|(_, share)| share).sum();
                    parts.push(format!("{} behind {} others", millis(sum), rest.len()));
                }
                sentence.push_str(&format!(", {}", listed(&parts)));
            }
        }
        let doing = match (self.backend_ms > 0.0, self.sleep_ms > 0.0) {
            (false, false) => return sentence,
            (true, false) => "was waiting for a backend",
            (false, true) => "was asleep",
            (true, true) => "was waiting for a backend or asleep",
        };
        let away = millis(self.backend_ms + self.sleep_ms);
        let part = if away == wait { "all this time".to_owned() } else { format!("{away} of these {wait} ms") };
        sentence.push_str(&format!("; during {part} {} {doing}", holder(self.station)));
        sentence
    }
}

/// The waits by station, in the order in which the request came to them.
fn by_station(request: &RequestExplanation) -> Vec<At<'_>> {
    let mut stations: Vec<&str> = Vec::new();
    for wait in &request.waits {
        if !stations.contains(&wait.station.as_str()) {
            stations.push(&wait.station);
        }
    }
    stations.into_iter().map(|station| at(station, &request.waits)).collect()
}

fn at<'a>(station: &'a str, waits: &'a [WaitExplanation]) -> At<'a> {
    let here = || waits.iter().filter(|wait| wait.station == station);
    let mut shares: BTreeMap<(u64, String), f64> = BTreeMap::new();
    for share in here().flat_map(|wait| &wait.direct) {
        let who = match (share.request, share.cause) {
            (Some(request), _) => (request, format!("request {request}")),
            (None, cause) => (u64::MAX, cause.map_or("", blame_cause).to_owned()),
        };
        *shares.entry(who).or_default() += share.wait_ms;
    }
    let mut behind: Vec<(String, f64)> = shares.into_iter().map(|((_, who), share)| (who, share)).collect();
    // The largest first; the few that a sentence can hold stay in the order of the requests.
    if behind.len() > NAMED + 1 {
        behind.sort_by(|one, other| other.1.total_cmp(&one.1));
    }
    let spent_on = |activity: Activity| {
        let root = here().flat_map(|wait| &wait.root).filter(|share| share.activity == Some(activity.name()));
        root.map(|share| share.wait_ms).sum()
    };
    At {
        station,
        wait_ms: here().map(|wait| wait.wait_ms).sum(),
        behind,
        backend_ms: spent_on(Activity::Backend),
        sleep_ms: spent_on(Activity::Sleep),
    }
}

/// A time with the digits that matter.
fn millis(time_ms: f64) -> String {
    significant(time_ms)
}
