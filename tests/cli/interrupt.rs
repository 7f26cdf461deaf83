//! Ctrl-C and other signals: handled at any time, and no incomplete file is left.
//!
//! If a signal is not handled, the program runs forever, so no time is measured: only a limit ends the test.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::program::{Desk, SHOP};

/// The load is on for no time, except once in ten million million times: for days no request arrives.
const NEVER: &str = r#"{
  "classes": { "page": { "phases": [] } },
  "arrivals": { "on_off": { "rate": "10/s", "off": "1us", "on": { "hyperexponential": [
    { "weight": 1, "mean": "0s" }, { "weight": 1e-13, "mean": "8760h" } ] } } },
  "policies": [ { "sync": {} } ],
  "run": { "requests": 1 }
}"#;

/// More requests than a test could wait for.
const LONG: &str = "--set run.requests=1000000000";

fn desk() -> Desk {
    let desk = Desk::empty().with("shop.json", SHOP).with("never.json", NEVER);
    assert!(Command::new("mkfifo").arg(desk.path("pipe")).status().unwrap().success());
    desk
}

/// A process of the program, killed at the end of the test.
struct Running(Child);

impl Running {
    fn start(desk: &Desk, arguments: &str) -> Self {
        let mut command = desk.process(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().unwrap())
    }

    /// Waits until a condition holds.
    fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !is_so(self) {
            assert!(begun.elapsed() < Duration::from_secs(120), "{what}: not in two minutes");
            assert!(self.0.try_wait().unwrap().is_none(), "{what}: the program has ended");
            sleep(Duration::from_millis(5));
        }
    }

    fn proc(&self, name: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default()
    }

    /// The value of a line of `/proc/PID/status`.
    fn status(&self, key: &str) -> String {
        let status = self.proc("status");
        status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(":\t")).unwrap_or_default().to_owned()
    }

    /// Whether it has a handler for SIGINT, and its first thread waits for something.
    fn is_waiting(&self) -> bool {
        self.listens() && self.status("State").starts_with('S')
    }

    /// Whether it has a handler for SIGINT, and has worked for a while.
    fn is_working(&self) -> bool {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 = fields.get(11).and_then(|ticks| ticks.parse().ok()).unwrap_or(0);
        self.listens() && ticks >= 10
    }

    fn listens(&self) -> bool {
        u64::from_str_radix(&self.status("SigCgt"), 16).is_ok_and(|caught| caught & 0b10 != 0)
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.0.id().to_string()]).status().unwrap().success());
    }

    /// Sends a signal and expects a proper end of the program.
    fn ends_at(mut self, signal: &str) {
        self.signal(signal);
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                break status;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{signal} is not handled");
            sleep(Duration::from_millis(5));
        };
        let mut said = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(status.code(), Some(130), "{said}");
        assert_eq!(said, "error: interrupted\n");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program is interrupted while it waits for something that never comes.
#[track_caller]
fn waits_and_ends(arguments: &str) {
    let desk = desk();
    let before = desk.files();
    let mut running = Running::start(&desk, arguments);
    running.until(arguments, Running::is_waiting);
    running.ends_at("-INT");
    assert_eq!(desk.files(), before, "{arguments}");
}

/// The program is interrupted while it works on something that never ends.
#[track_caller]
fn works_and_ends(desk: &Desk, arguments: &str, signal: &str) {
    let before = desk.files();
    let mut running = Running::start(desk, arguments);
    running.until(arguments, Running::is_working);
    running.ends_at(signal);
    assert_eq!(desk.files(), before, "{arguments}");
}

#[test]
fn while_it_waits_for_input_that_never_comes() {
    waits_and_ends("run pipe");
    waits_and_ends("run -");
    waits_and_ends("check shop.json --baseline pipe");
}

#[test]
fn while_its_output_is_not_read() {
    waits_and_ends("run shop.json --quiet --csv pipe");
    waits_and_ends("check shop.json --no-baseline --export json=pipe");
    // Far more than a pipe holds, and it is not read.
    waits_and_ends("quick --rate 80/s --cpu 1ms --requests 2000 --timeline 2000 --format json --jobs 1");
}

#[test]
fn while_it_draws_arrivals_that_never_come() {
    let desk = desk();
    works_and_ends(&desk, "run never.json", "-INT");
    works_and_ends(&desk, "check never.json --no-baseline", "-INT");
    fs::create_dir(desk.path("case")).unwrap();
    let desk = desk.with("case/scenario.json", NEVER).with("case/observed_latency_ms.csv", "request,rep1\n1,5\n");
    works_and_ends(&desk, "replay case --picture case.svg", "-INT");
}

#[test]
fn while_it_simulates() {
    for signal in ["-INT", "-TERM"] {
        works_and_ends(&desk(), &format!("run shop.json {LONG} --csv rows.csv --export json=report.json"), signal);
        works_and_ends(&desk(), &format!("check shop.json {LONG} --update-baseline"), signal);
    }
    works_and_ends(&desk(), "verify --coverage 1000000", "-INT");
    works_and_ends(&desk(), &format!("explain shop.json {LONG} --what-if --export json=shares.json"), "-INT");
    works_and_ends(&desk(), &format!("report shop.json {LONG}"), "-INT");
}

#[test]
fn a_killed_process_leaves_nothing_behind() {
    let desk = desk().with("report.json", "old");
    let mut running = Running::start(&desk, &format!("run shop.json {LONG} --csv pipe --export json=report.json"));
    // The header has arrived, so the files have been created.
    let mut pipe = fs::File::open(desk.path("pipe")).unwrap();
    pipe.read_exact(&mut [0; 7]).unwrap();
    running.signal("-KILL");
    running.0.wait().unwrap();
    assert_eq!(desk.read("report.json"), "old");
    desk.run("run shop.json --quiet --export json=report.json", 0);
    assert_ne!(desk.read("report.json"), "old");
    let left = desk.files().into_iter().filter(|name| name.starts_with('.')).collect::<Vec<_>>();
    assert!(left.is_empty(), "{left:?}");
}
