//! Streams of random numbers: one for each request, and one for each other purpose.
//!
//! A request's stream depends only on (seed, replication, request number), so every policy meets the same requests, and
//! nothing has to be stored before a request arrives. The generator is xoroshiro128++ (Blackman and Vigna 2021), started in
//! a state of 128 bits that is a hash of these three numbers: the probability that two streams overlap is negligible even
//! with 10¹⁵ requests.

use std::convert::Infallible;

use rand::{RngExt, TryRng};

/// A stream of random numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    state: [u64; 2],
}

impl Stream {
    /// The stream that starts in this state.
    #[inline]
    pub fn new(state: [u64; 2]) -> Self {
        // From a state of zeros, every number would be 0.
        Self { state: if state == [0, 0] { [1, 0] } else { state } }
    }

    /// The same stream after the next number, which is drawn and not used.
    #[inline]
    pub fn without_first(mut self) -> Self {
        self.next();
        self
    }

    /// Another stream, derived from this one.
    pub(super) fn split(&mut self) -> Self {
        Self::new([self.random(), self.random()])
    }

    /// The next 64 bits: xoroshiro128++.
    #[inline]
    fn next(&mut self) -> u64 {
        let [low, high] = self.state;
        let result = low.wrapping_add(high).rotate_left(17).wrapping_add(low);
        let both = low ^ high;
        self.state = [low.rotate_left(49) ^ both ^ (both << 21), both.rotate_left(28)];
        result
    }
}

impl TryRng for Stream {
    type Error = Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

/// The purpose of a stream that does not belong to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Interarrival times.
    Arrivals = 1,
    /// Which worker a request is bound to.
    Dispatch = 2,
    /// Think times of the users of a closed system, one stream per user.
    Think = 3,
    /// Timeouts of clients, one stream per attempt.
    Timeout = 4,
    /// Maximum times in the backlog, one stream per attempt.
    Patience = 5,
    /// Times before retries, one stream per attempt.
    Backoff = 6,
    /// The requests of the users of a closed system, one stream per (user, ordinal).
    UserRequests = 7,
    /// Which of the workers that wake up for a connection accepts it, one stream per request.
    Accept = 8,
    /// Whether a call ends with an error, one stream per attempt of a call.
    CallErrors = 9,
    /// How many requests a worker takes before it is replaced, one stream per (worker, life).
    Recycling = 20,
    /// Which of the waiting requests gets a released connection, one stream per pool.
    HandOver = 10,
    /// Which replica a request is sent to.
    Balancer = 11,
}

/// All streams of one replication.
#[derive(Clone, Copy, Debug)]
pub struct Streams {
    key: [u64; 2],
}

impl Streams {
    /// The streams of one replication (counted from 0) under a seed.
    pub fn new(seed: u64, replication: u64) -> Self {
        let key = mix(mix(seed).wrapping_add(replication));
        Self { key: [key, mix(!key)] }
    }

    /// The stream of a request: its class first, then its demands in phase order.
    #[inline]
    pub fn request(&self, number: u64) -> Stream {
        let high = mix(number ^ self.key[0]);
        let state = [mix(high ^ self.key[1]), high];
        // One request of all.
        if high == 0 { Stream::new(state) } else { Stream { state } }
    }

    /// The stream of another purpose.
    pub fn purpose(&self, purpose: Purpose) -> Stream {
        self.purpose_of(purpose, 0, 0)
    }

    /// One of many streams of another purpose, by two numbers.
    #[inline]
    pub fn purpose_of(&self, purpose: Purpose, first: u64, second: u64) -> Stream {
        let key = mix(self.key[1] ^ purpose as u64);
        let high = mix(first ^ key);
        Stream::new([mix(mix(second ^ high) ^ self.key[0]), high])
    }
}

/// A bijection of 64 bits in which every input bit moves about half of the output bits
/// (the finalizer "variant 13" of Stafford, as in SplitMix64), after an odd offset, so that 0 is not a fixed point.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
