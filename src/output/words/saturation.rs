//! Capacity: what a policy can sustain, what limits it, and the effect of the load.

use super::listed;
use crate::output::block::number::significant;
use crate::stats::{
    Collapse, Excess, LeftOut, LoadPoint, LoadPointSource, LoadWarning, Saturation, Sensitivity, Station, reach,
};

/// What limits a policy: `GIL and cores`; `nothing` without a limit.
pub fn binding(stations: &[Station]) -> String {
    let names: Vec<String> = stations.iter().map(station).collect();
    match names.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, first)) => format!("{} and {last}", first.join(", ")),
    }
}

fn station(station: &Station) -> String {
    match station {
        Station::Workers => "workers".to_owned(),
        Station::Threads => "threads".to_owned(),
        Station::MaxInProgress => "max_in_progress".to_owned(),
        Station::Gil => "GIL".to_owned(),
        Station::Loop => "loop".to_owned(),
        Station::ThreadPool => "thread pool".to_owned(),
        Station::Cores => "cores".to_owned(),
        Station::CpuLimit => "CPU quota".to_owned(),
        Station::Pool(backend) => format!("pool of `{backend}`"),
        Station::Backend(backend) => format!("backend `{backend}`"),
    }
}

/// What a capacity does not account for, with such a beginning: `the capacity leaves out faults and retries`.
pub fn left_out(begin: &str, left_out: impl IntoIterator<Item = LeftOut>) -> Option<String> {
    let name = |one| match one {
        LeftOut::Faults => "faults",
        LeftOut::Retries => "retries",
        LeftOut::Limits => "limits on requests in progress",
        LeftOut::WorkerTimeouts => "workers that are killed",
        LeftOut::Probes => "the CPU time of health checks",
    };
    let names: Vec<String> = left_out.into_iter().map(name).map(str::to_owned).collect();
    (!names.is_empty()).then(|| format!("{begin} leaves out {}", listed(&names)))
}

/// A warning about the load, if there is one.
pub fn load_warning(saturation: &Saturation) -> Option<String> {
    let offered = |load: f64| format!("offered {load:.2} × capacity");
    Some(match saturation.message? {
        LoadWarning::NearSaturation { load } => {
            let perhaps = if load >= 1.0 { ", or just below it" } else { "" };
            let offered = format!("near saturation: {}{perhaps}", offered(load));
            match saturation.sensitivity.as_ref().and_then(sensitivity) {
                Some(sensitivity) => format!("{offered}; {sensitivity}"),
                None => offered,
            }
        }
        LoadWarning::PeakAboveCapacity { peak_load, load } => {
            let peak = format!("offers up to {peak_load:.1} × capacity at its peak");
            match load {
                Some(load) => format!("{peak}, {load:.2} × in the long run"),
                None => peak,
            }
        }
        LoadWarning::Overloaded { load, begun } => {
            let ends: Vec<&str> = saturation.excess.iter().copied().map(excess).collect();
            let (offered, ends) = (offered(load), ends.join(" or "));
            match begun {
                true => format!("overloaded: {offered}, the excess {ends}"),
                false => format!(
                    "overloaded: {offered}, the queue grows until the excess {ends}, which did not begin in this run"
                ),
            }
        }
        LoadWarning::Collapsed(found) => collapse(found),
        LoadWarning::Unstable { load, measured_s } => {
            let why = match load {
                Some(load) => format!("{}, the queue grows without bound", offered(load)),
                None => "a mean demand is infinite, no rate can be sustained".to_owned(),
            };
            format!("unstable: {why}; figures describe these {} s only", significant(measured_s))
        }
    })
}

const fn excess(excess: Excess) -> &'static str {
    match excess {
        Excess::Rejected => "is rejected",
        Excess::TimedOut => "gives up",
        Excess::Failed => "fails",
    }
}

fn collapse(collapse: Collapse) -> String {
    let Collapse { since_ms, operations, answered, load, load_without_retries, during_fault } = collapse;
    let since = significant(since_ms / 1e3);
    let load = match (load_without_retries, load) {
        (Some(without), Some(load)) => format!(", at {load:.2} × capacity with retries and {without:.2} × without"),
        (None, _) | (_, None) => String::new(),
    };
    let fault = if during_fault { "; a fault was under way then" } else { "" };
    format!(
        "collapsed since {since} s: of {operations} operations that began in the last fifth of the time of arrivals, {answered} got an answer{load}{fault}"
    )
}

/// What is known about other loads.
fn sensitivity(sensitivity: &Sensitivity) -> Option<String> {
    let less = load_point(&sensitivity.less).map(|point| format!("at −10 % load {point}"));
    let more = sensitivity.more.as_ref().map_or_else(|| Some("beyond capacity".to_owned()), load_point);
    let more = more.map(|point| format!("at +10 % load {point}"));
    let known: Vec<String> = less.into_iter().chain(more).collect();
    (!known.is_empty()).then(|| known.join(", "))
}

/// `mean 123 ± 4 ms, p99 460 ± 21 ms`; `None` if neither is known.
fn load_point(point: &LoadPoint) -> Option<String> {
    let number = |name: &str, number: Option<f64>, interval: Option<[f64; 2]>| {
        let number = number?;
        let chance = interval.map(|ends| format!(" ± {}", significant(reach(number, ends))));
        Some(format!("{name} {}{} ms", significant(number), chance.unwrap_or_default()))
    };
    let mean = number("mean", point.mean_ms, point.mean_interval_ms);
    let p99 = number("p99", point.p99_ms, point.p99_interval_ms);
    let known: Vec<String> = mean.into_iter().chain(p99).collect();
    let exact = if point.source == LoadPointSource::Theory { " (exact)" } else { "" };
    (!known.is_empty()).then(|| format!("{}{exact}", known.join(", ")))
}
