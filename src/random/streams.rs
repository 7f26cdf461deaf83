//! Streams of random numbers: one for each request, and one for each other purpose.
//!
//! A request's stream depends on (seed, replication, request number) alone, so every policy meets the same
//! requests, and nothing has to be remembered before a request arrives. The generator is PCG64 DXSM
//! (O'Neill 2014; the multiplier and output of Steele and Vigna 2021), started in a state that is a hash of these
//! three numbers.

use rand_pcg::Pcg64Dxsm;

/// A stream of random numbers.
pub type Stream = Pcg64Dxsm;

/// What a stream is for, when it does not belong to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Times between arrivals.
    Arrivals = 1,
    /// Which worker a request is bound to.
    Dispatch = 2,
    /// How long users of a closed system think, one stream a user.
    Think = 3,
    /// How long clients wait before they give up, one stream a request.
    Timeout = 4,
    /// How long requests wait in the backlog before they leave it, one stream a request.
    Patience = 5,
    /// How long clients wait before they try again, one stream a try.
    Backoff = 6,
    /// The requests of users of a closed system, one stream for each (user, ordinal).
    UserRequests = 7,
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
    pub fn request(&self, number: u64) -> Stream {
        let high = mix(number ^ self.key[0]);
        let low = mix(high ^ self.key[1]);
        Stream::new(u128::from(high) << 64 | u128::from(low), u128::from(self.key[0]))
    }

    /// The stream of another purpose.
    pub fn purpose(&self, purpose: Purpose) -> Stream {
        let high = mix(self.key[0]);
        Stream::new(u128::from(high) << 64 | u128::from(self.key[1]), u128::from(!self.key[0]) << 8 | purpose as u128)
    }

    /// One of many streams of another purpose, by two numbers.
    pub fn purpose_of(&self, purpose: Purpose, first: u64, second: u64) -> Stream {
        let high = mix(first ^ self.key[1]);
        let low = mix(mix(second ^ high) ^ self.key[0]);
        Stream::new(u128::from(high) << 64 | u128::from(low), u128::from(!self.key[1]) << 8 | purpose as u128)
    }
}

/// A bijection of 64 bits in which every input bit moves about half of the output bits
/// (the finalizer "variant 13" of Stafford, as in SplitMix64), after an odd offset so that 0 is no fixed point.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
