//! Faults in words.

use crate::stats::FaultWindow;

/// What goes wrong: `db takes 8 times as long`.
pub(super) fn what(fault: &FaultWindow) -> String {
    let backend = fault.backend.as_deref().unwrap_or_default();
    match (fault.factor, fault.worker, fault.cores) {
        (Some(factor), ..) => format!("{backend} takes {factor} times as long"),
        (_, Some(worker), _) => format!("worker {worker} restarts"),
        (_, _, Some(1)) => "only 1 core".to_owned(),
        (_, _, Some(cores)) => format!("only {cores} cores"),
        (None, None, None) => format!("{backend} is down"),
    }
}

/// All of them with their times, in a sentence; nothing if nothing goes wrong.
pub(super) fn sentence(faults: &[FaultWindow]) -> String {
    let one = |fault: &FaultWindow| {
        let in_seconds = fault.end_ms >= 1000.0;
        let (per_ms, unit) = if in_seconds { (0.001, "s") } else { (1.0, "ms") };
        format!("{} from {} to {} {unit}", what(fault), fault.start_ms * per_ms, fault.end_ms * per_ms)
    };
    let faults: Vec<_> = faults.iter().map(one).collect();
    if faults.is_empty() { String::new() } else { format!("Faults: {}.", faults.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_what_goes_wrong_and_when() {
        let slow = FaultWindow {
            kind: "slow",
            start_ms: 5000.0,
            end_ms: 15000.0,
            backend: Some("db".into()),
            factor: Some(8.0),
            ..FaultWindow::default()
        };
        let restart = FaultWindow { kind: "restart", end_ms: 2.5, worker: Some(2), ..FaultWindow::default() };
        let text = "Faults: db takes 8 times as long from 5 to 15 s; worker 2 restarts from 0 to 2.5 ms.";
        assert_eq!(sentence(&[slow, restart]), text);
        assert_eq!(sentence(&[]), "");
    }
}
