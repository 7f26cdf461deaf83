//! Faults in words.

use crate::stats::{FaultWindow, FaultWindowKind};

/// What goes wrong: `db takes 8 times as long`.
pub(in crate::output) fn what(fault: &FaultWindow) -> String {
    let backend = fault.backend.as_deref().unwrap_or_default();
    if let Some(time) = fault.time_ms {
        let (per_ms, unit) = seconds_from(1000.0, time);
        return format!("{backend} takes {} {unit}", time * per_ms);
    }
    match fault.kind {
        FaultWindowKind::Slow => format!("{backend} takes {} times as long", fault.factor.unwrap_or(1.0)),
        FaultWindowKind::Down => format!("{backend} is down"),
        FaultWindowKind::Restart => restart(fault),
        FaultWindowKind::Cores => fewer_cores(fault),
    }
}

fn restart(fault: &FaultWindow) -> String {
    match (fault.worker, fault.replica) {
        (Some(worker), Some(replica)) => format!("worker {worker} of replica {replica} restarts"),
        (Some(worker), None) => format!("worker {worker} restarts"),
        (None, Some(replica)) => format!("replica {replica} restarts"),
        (None, None) => "all workers restart".to_owned(),
    }
}

fn fewer_cores(fault: &FaultWindow) -> String {
    let of_replica = fault.replica.map_or(String::new(), |replica| format!(" in replica {replica}"));
    match (fault.cores, fault.replica) {
        (Some(0) | None, Some(replica)) => format!("replica {replica} has no core"),
        (Some(0) | None, None) => "no core".to_owned(),
        (Some(1), _) => format!("only 1 core{of_replica}"),
        (Some(cores), _) => format!("only {cores} cores{of_replica}"),
    }
}

/// When it goes wrong: `from 5 to 15 s and again every 60 s`.
pub(in crate::output) fn span(fault: &FaultWindow) -> String {
    let (per_ms, unit) = seconds_from(1000.0, fault.end_ms);
    let span = format!("from {} to {} {unit}", fault.start_ms * per_ms, fault.end_ms * per_ms);
    match fault.every_ms {
        Some(every) => {
            let (per_ms, unit) = seconds_from(1000.0, every);
            format!("{span} and again every {} {unit}", every * per_ms)
        }
        None => span,
    }
}

/// The factor and the unit for a time: seconds from `least_ms` on, milliseconds below.
fn seconds_from(least_ms: f64, time_ms: f64) -> (f64, &'static str) {
    if time_ms >= least_ms { (0.001, "s") } else { (1.0, "ms") }
}

/// All faults with their times, in a sentence; empty without faults.
pub(in crate::output) fn sentence(faults: &[FaultWindow]) -> String {
    let one = |fault: &FaultWindow| {
        let name = fault.name.as_ref().map_or(String::new(), |name| format!("{name}: "));
        format!("{name}{} {}", what(fault), span(fault))
    };
    let faults: Vec<_> = faults.iter().map(one).collect();
    if faults.is_empty() { String::new() } else { format!("Faults: {}.", faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_describes_each_fault_and_its_time() {
        let slow = FaultWindow {
            kind: FaultWindowKind::Slow,
            start_ms: 5000.0,
            end_ms: 15000.0,
            backend: Some("db".into()),
            factor: Some(8.0),
            ..FaultWindow::default()
        };
        let restart =
            FaultWindow { kind: FaultWindowKind::Restart, end_ms: 2.5, worker: Some(2), ..FaultWindow::default() };
        let text = "Faults: db takes 8 times as long from 5 to 15 s; worker 2 restarts from 0 to 2.5 ms.";
        assert_eq!(sentence(&[slow.clone(), restart]), text);
        let (name, every_ms) = (Some("payments".to_owned()), Some(60_000.0));
        let again = FaultWindow { name, every_ms, factor: None, time_ms: Some(2500.0), ..slow };
        let text = "Faults: payments: db takes 2.5 s from 5 to 15 s and again every 60 s.";
        assert_eq!(sentence(&[again]), text);
        assert_eq!(sentence(&[]), "");
    }
}
