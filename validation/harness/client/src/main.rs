//! An open-loop client that takes little CPU time: it sends each request when it is due, regardless of earlier ones.
//!
//! `client PORT [--keep-alive] [--timeout SECONDS] < SCHEDULE`
//!
//! Each line of the schedule is `SECONDS PATH`, in order of time, relative to the start. For each, in that order, one line is
//! written: the latency in ms from when it was due until its last byte had arrived (`-` without an answer of status 200),
//! how many ms after that instant it was begun, how many ms after that instant its first byte had arrived, and the number of the
//! process that answered (`-` if the application does not report it). The error output has the line `start SECONDS`: when the
//! schedule began, in seconds since 1970.
//!
//! Threads take turns: the one that has the schedule sleeps until the next request is due, passes the schedule on, and serves the
//! request alone. So nothing is handed over between the instant a request is due and its first byte, and no thread
//! waits actively.

mod exchange;
mod schedule;
mod turns;

use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use exchange::Answer;
use turns::{Plan, Start};

/// What the arguments ask for.
struct Options {
    port: u16,
    keep_alive: bool,
    timeout: Duration,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(mistake) => {
            eprintln!("client: {mistake}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let options = options(std::env::args().skip(1))?;
    let mut text = String::new();
    io::stdin().read_to_string(&mut text).map_err(|error| error.to_string())?;
    let requests = schedule::parse(&text)?;
    wake_up_on_time();
    let start = Start::soon();
    let plan = Plan { requests, port: options.port, keep_alive: options.keep_alive, timeout: options.timeout };
    let answers = turns::send(plan, start.instant);
    eprintln!("start {:.6}", start.since_1970.as_secs_f64());
    write(&answers).map_err(|error| error.to_string())
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options { port: 0, keep_alive: false, timeout: Duration::from_secs(60) };
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--keep-alive" => options.keep_alive = true,
            "--timeout" => {
                let seconds = arguments.next().and_then(|text| text.parse().ok()).ok_or("--timeout needs seconds")?;
                options.timeout = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
            }
            port => options.port = port.parse().map_err(|_| format!("`{port}` is no port and no option"))?,
        }
    }
    if options.port == 0 {
        return Err("usage: client PORT [--keep-alive] [--timeout SECONDS] < SCHEDULE".to_owned());
    }
    Ok(options)
}

/// Linux lets sleeps end up to 50 µs late, to save power; not those of this process and its threads.
fn wake_up_on_time() {
    // Where that is not possible, the lateness shows it.
    let _ = std::fs::write("/proc/self/timerslack_ns", "1");
}

fn write(answers: &[Answer]) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    for answer in answers {
        let ms =
            |span: Option<Duration>| span.map_or("-".to_owned(), |span| format!("{:.3}", span.as_secs_f64() * 1e3));
        let process = answer.process.map_or("-".to_owned(), |process| process.to_string());
        writeln!(out, "{} {} {} {process}", ms(answer.latency), ms(Some(answer.late)), ms(answer.first_byte))?;
    }
    out.flush()
}
