//! Runs: assumptions, why one stopped, and why one predicts nothing.

use crate::stats::{Assumption, Incomplete, NoPrediction, NotModelled};
use crate::study::MOST_LOAD;

/// An assumption of the model, in a sentence with its full stop.
pub const fn assumption(assumption: Assumption) -> &'static str {
    match assumption {
        Assumption::ApplicationOnly => {
            "Network, memory pressure and disk are not modelled: a response time ends when the application has answered."
        }
        Assumption::ServerOverhead => {
            "What the application server itself does for each request (accepting, parsing, logging) is a policy's `overhead`: none, except under presets."
        }
        Assumption::SameRequests => "Every policy meets the same requests: same arrivals, classes and demands.",
        Assumption::DemandsWithoutLoad => {
            "Demands do not depend on the load: a backend without a limit answers as fast under load as without."
        }
        Assumption::RoundRobin => {
            "Threads and loops share the cores round robin; the kernel's scheduler is finer in detail."
        }
        Assumption::IntendedArrival => {
            "Response time counts from the intended arrival, so time in the backlog is part of it."
        }
    }
}

/// What no scenario can express, and what to do instead, in one or two sentences.
pub const fn not_modelled(what: NotModelled) -> &'static str {
    match what {
        NotModelled::KeepAlive => {
            "HTTP keep-alive: every request finds its worker by itself, as behind a proxy; a client's connection does not stay with a worker or thread between requests."
        }
        NotModelled::Services => {
            "Services that call services: a backend answers after a time and has no workers of its own. Simulate each service with the demands it sees."
        }
        NotModelled::GarbageCollection => {
            "Garbage collection: no pauses of a runtime. Demands that were measured in production contain theirs."
        }
        NotModelled::Autoscaling => {
            "Autoscaling: no workers, threads or replicas are added under load, except `spare_workers` of one replica. Compare fixed sizes instead."
        }
        NotModelled::Memory => "Memory: nothing slows down or is killed because memory runs short.",
        NotModelled::Network => {
            "The network between client and application: bandwidth, packet loss, TLS and slow clients. Response times are those of the application."
        }
        NotModelled::Disk => {
            "Disks and caches: a query takes the time that its distribution says, whatever ran before it."
        }
        NotModelled::Scheduler => {
            "The finer rules of the kernel's scheduler: priorities, cache effects and hyper-threading. All cores are equal."
        }
    }
}

/// Why a run stopped before its end; follows the name of the policy.
pub fn incomplete(why: &Incomplete) -> String {
    match why {
        Incomplete::UnreadableTrace { error } => format!("the trace could not be read to its end: {error}"),
        Incomplete::TooManyInFlight { after_s } => {
            format!("stopped after {after_s} s: more requests were in flight than run.max_in_flight allows")
        }
        Incomplete::Deadlock { after_s } => {
            format!("stopped after {after_s} s: a deadlock, every request in flight waits for another")
        }
        Incomplete::Standstill { after_s } => format!(
            "stopped after {after_s} s: the clock does not advance, events repeat at one instant; users with no think time who are rejected cause this"
        ),
        Incomplete::ClockLimit => "stopped after 50 simulated years, the longest time on the clock".to_owned(),
    }
}

/// That a policy did not run to its end: `sync: stopped after 3 s: …`; `None` if it did.
pub fn stopped(policy: &str, why: Option<&Incomplete>) -> Option<String> {
    Some(format!("{policy}: {}", incomplete(why?)))
}

/// Why no prediction of a real server is possible.
pub fn no_prediction(why: NoPrediction) -> String {
    match why {
        NoPrediction::Overflow { rejected } => {
            let requests =
                if rejected == 1 { "a request overflows".to_owned() } else { format!("{rejected} requests overflow") };
            format!(
                "{requests} the listen queue: the kernel drops connections and clients try again after 1, 2, 3, 4, 5, 7 \
                 and 11 s, so that in one measurement the same requests, sent twice, gave means of 11.7 s and 6.5 s"
            )
        }
        NoPrediction::NearCapacity { load } => format!(
            "the requests are {:.0} % of what the application can sustain: above {:.0} % the response times hang on the \
             last percent of the overhead, which changes from run to run",
            load * 100.0,
            MOST_LOAD * 100.0
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_lists_everything_that_is_not_modelled() {
        let page = include_str!("../../../docs/not_modelled.md").split_whitespace().collect::<Vec<_>>().join(" ");
        for what in NotModelled::ALL {
            assert!(page.contains(not_modelled(what)), "{what:?}");
        }
    }
}
