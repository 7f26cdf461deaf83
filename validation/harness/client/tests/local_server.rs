//! The client against a server of a few lines: how many requests arrive, in which order, and what latency is.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

/// A server that sleeps as long as the path says (`/d20`: 20 ms) and answers; `/fail` with 503. It notes the paths in the order in which
/// they come, and counts connections.
#[derive(Clone, Default)]
struct Server {
    paths: Arc<Mutex<Vec<String>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    fn start(&self) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = self.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                server.connections.fetch_add(1, Ordering::SeqCst);
                let server = server.clone();
                thread::spawn(move || server.serve(connection.unwrap()));
            }
        });
        port
    }

    fn serve(&self, mut connection: TcpStream) {
        let mut reader = BufReader::new(connection.try_clone().unwrap());
        loop {
            let (mut first, mut closes) = (String::new(), false);
            if reader.read_line(&mut first).unwrap_or(0) == 0 {
                return;
            }
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                closes |= line.starts_with("Connection: close");
                line.clear();
            }
            let path = first.split(' ').nth(1).unwrap().to_owned();
            self.paths.lock().unwrap().push(path.clone());
            thread::sleep(Duration::from_millis(path[2..].parse().unwrap_or(0)));
            let status = if path == "/fail" { "503 Service Unavailable" } else { "200 OK" };
            write!(connection, "HTTP/1.1 {status}\r\nContent-Length: 3\r\nX-Process: 7\r\n\r\n").unwrap();
            // The last bytes come in a part of their own.
            thread::sleep(Duration::from_millis(2));
            connection.write_all(b"ok\n").unwrap();
            if closes {
                return;
            }
        }
    }
}

/// The lines that the client writes, each as its columns.
fn send(port: u16, options: &[&str], schedule: &str) -> Vec<Vec<Option<f64>>> {
    let mut client = Command::new(env!("CARGO_BIN_EXE_client"))
        .arg(port.to_string())
        .args(options)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(schedule.as_bytes()).unwrap();
    let output = client.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split(' ').map(|cell| cell.parse().ok()).collect()).collect()
}

#[test]
fn every_request_is_sent_in_order_and_takes_at_least_the_servers_time() {
    let server = Server::default();
    let schedule: String =
        (0..20).map(|number| format!("{} /d{}\n", f64::from(number) * 0.03, number % 7 * 10)).collect();
    let lines = send(server.start(), &[], &schedule);
    assert_eq!(lines.len(), 20);
    for (number, line) in (0..).zip(&lines) {
        let (latency, late, first_byte) = (line[0].unwrap(), line[1].unwrap(), line[2].unwrap());
        let sleep = f64::from(number % 7 * 10);
        assert!(latency >= sleep + late + 2.0, "request {number}: {line:?}");
        assert!(first_byte >= sleep + late && first_byte < latency, "request {number}: {line:?}");
        assert_eq!(line[3], Some(7.0));
    }
    let expected: Vec<String> = (0..20).map(|number| format!("/d{}", number % 7 * 10)).collect();
    assert_eq!(*server.paths.lock().unwrap(), expected);
    assert_eq!(server.connections.load(Ordering::SeqCst), 20);
}

#[test]
fn it_says_when_the_schedule_began() {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    let before = now();
    let mut client = Command::new(env!("CARGO_BIN_EXE_client"))
        .arg(Server::default().start().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    client.stdin.take().unwrap().write_all(b"0.3 /d1\n").unwrap();
    let said = String::from_utf8(client.wait_with_output().unwrap().stderr).unwrap();
    let start: f64 = said.strip_prefix("start ").unwrap().trim_end().parse().unwrap();
    assert!(before < start && start + 0.3 < now(), "{before} {said}");
}

#[test]
fn earlier_requests_do_not_hold_later_ones_back() {
    let lines = send(Server::default().start(), &[], &"0 /d400\n".repeat(30));
    for line in &lines {
        assert!(line[0].unwrap() < 800.0, "they wait side by side: {line:?}");
    }
}

#[test]
fn connections_are_used_again_if_that_is_asked_for() {
    let server = Server::default();
    let schedule: String = (0..10).map(|number| format!("{} /d1\n", f64::from(number) * 0.1)).collect();
    let lines = send(server.start(), &["--keep-alive"], &schedule);
    assert_eq!(lines.iter().filter(|line| line[0].is_some()).count(), 10);
    assert!(server.connections.load(Ordering::SeqCst) <= 3, "a request or two may come before the answer of another");
}

#[test]
fn what_is_no_answer_has_no_latency() {
    let lines = send(Server::default().start(), &["--timeout", "0.05"], "0 /fail\n0.01 /d200\n0.02 /d1\n");
    let latencies: Vec<bool> = lines.iter().map(|line| line[0].is_some()).collect();
    assert_eq!(latencies, [false, false, true]);
    let nothing_listens = send(1, &[], "0 /\n");
    assert_eq!(nothing_listens[0][0], None);
}
