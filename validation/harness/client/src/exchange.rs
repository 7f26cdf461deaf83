//! One request and its answer.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What became of a request.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// How long after it was due it was begun.
    pub late: Duration,
    /// From when it was due to its last byte; `None` without an answer of status 200.
    pub latency: Option<Duration>,
    /// From when it was due to its first byte.
    pub first_byte: Option<Duration>,
    /// The process that answered, if the application reports it.
    pub process: Option<u64>,
}

/// An answer as it came in.
#[derive(Debug)]
pub struct Received {
    /// Whether its status is 200.
    pub is_ok: bool,
    /// When its first byte had arrived.
    pub first_byte: Instant,
    /// When its last byte had arrived.
    pub last_byte: Instant,
    /// The process that answered, if the application reports it.
    pub process: Option<u64>,
    /// The connection, if it can be used again.
    pub connection: Option<TcpStream>,
}

/// What the head of an answer says.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    is_ok: bool,
    /// Bytes of the body; up to the end of the connection if not given.
    length: Option<usize>,
    closes: bool,
    process: Option<u64>,
}

/// Sends a request, on that connection or a new one, and reads its answer, until then at the latest.
pub fn exchange(
    connection: Option<TcpStream>,
    port: u16,
    path: &str,
    keep_alive: bool,
    until: Instant,
) -> io::Result<Received> {
    let mut connection = match connection {
        Some(connection) => connection,
        None => connect(port, until)?,
    };
    let close = if keep_alive { "" } else { "Connection: close\r\n" };
    connection.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{close}\r\n").as_bytes())?;
    read_answer(connection, keep_alive, until)
}

fn connect(port: u16, until: Instant) -> io::Result<TcpStream> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let connection = TcpStream::connect_timeout(&address, left(until)?)?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

/// The time left.
fn left(until: Instant) -> io::Result<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn read_answer(mut connection: TcpStream, keep_alive: bool, until: Instant) -> io::Result<Received> {
    let mut bytes: Vec<u8> = Vec::with_capacity(512);
    let mut first_byte = None;
    let mut head: Option<(usize, Head)> = None;
    let mut part = [0; 4096];
    loop {
        connection.set_read_timeout(Some(left(until)?))?;
        let count = connection.read(&mut part)?;
        let now = Instant::now();
        if count > 0 {
            first_byte.get_or_insert(now);
        }
        bytes.extend_from_slice(&part[..count]);
        if head.is_none() {
            head = split(&bytes);
        }
        let Some((body, found)) = &head else {
            if count == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            continue;
        };
        let is_whole = match found.length {
            Some(length) if count == 0 && bytes.len() < body + length => return Err(ErrorKind::UnexpectedEof.into()),
            Some(length) => bytes.len() >= body + length,
            None => count == 0,
        };
        if is_whole {
            let stays = keep_alive && !found.closes && found.length.is_some();
            return Ok(Received {
                is_ok: found.is_ok,
                first_byte: first_byte.unwrap_or(now),
                last_byte: now,
                process: found.process,
                connection: stays.then_some(connection),
            });
        }
    }
}

/// The head of an answer and where its body begins, once it is there.
fn split(bytes: &[u8]) -> Option<(usize, Head)> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let is_ok = lines.next()?.split(' ').nth(1) == Some("200");
    let mut head = Head { is_ok, length: None, closes: false, process: None };
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        match name.to_ascii_lowercase().as_str() {
            "content-length" => head.length = value.parse().ok(),
            "connection" => head.closes = value.eq_ignore_ascii_case("close"),
            "x-process" => head.process = value.parse().ok(),
            _ => {}
        }
    }
    Some((end + 4, head))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_ends_with_an_empty_line() {
        assert_eq!(split(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"), None);
        let head = |is_ok, length, closes, process| Head { is_ok, length, closes, process };
        assert_eq!(
            split(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\nX-Process: 17\r\n\r\nok"),
            Some((53, head(true, Some(3), false, Some(17))))
        );
        assert_eq!(
            split(b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n"),
            Some((47, head(false, None, true, None)))
        );
    }
}
