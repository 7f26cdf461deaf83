//! The streams of requests are uniform, independent, and the same on every machine.
//!
//! Every check yields a deviation that is approximately standard normal if the streams are good. A bound of 5 is
//! exceeded by chance once in two million checks; there are a few hundred, all from fixed seeds.

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoroshiro128PlusPlus;
use waitline::random::{Purpose, Stream, Streams};

const STREAMS: u64 = 100_000;
const BINS: usize = 256;
const BOUND: f64 = 5.0;

/// The first three draws of each stream.
type Draws = Vec<[u64; 3]>;

fn draws(stream: impl Fn(u64) -> Stream) -> Draws {
    (0..STREAMS).map(|number| stream(number).random()).collect()
}

/// Deviation of the counts of equally likely bins from equality: (χ² − n) / √(2n) with n degrees of freedom.
fn chi_square(bins: impl Iterator<Item = usize>, bin_count: usize) -> f64 {
    let mut counts = vec![0_u32; bin_count];
    bins.for_each(|bin| counts[bin] += 1);
    let expected = f64::from(counts.iter().sum::<u32>()) / bin_count as f64;
    let chi_square: f64 = counts.iter().map(|count| (f64::from(*count) - expected).powi(2) / expected).sum();
    let freedom = bin_count as f64 - 1.0;
    (chi_square - freedom) / (2.0 * freedom).sqrt()
}

/// The correlation of pairs of draws, times √n.
fn correlation(pairs: impl Iterator<Item = (u64, u64)>) -> f64 {
    // Uniform over 64 bits to mean 0 and variance 1.
    let unit = |draw: u64| (draw as f64 / 2_f64.powi(64) - 0.5) * 12_f64.sqrt();
    let (sum, count) = pairs.fold((0.0, 0.0), |(sum, count), (a, b)| (sum + unit(a) * unit(b), count + 1.0));
    sum / f64::sqrt(count)
}

fn top_bits(draw: u64, bits: u32) -> usize {
    (draw >> (64 - bits)) as usize
}

/// The largest deviation of any check in the draws of consecutive streams.
fn worst_deviation(draws: &Draws) -> f64 {
    let mut worst: f64 = 0.0;
    for i in 0..3 {
        worst = worst.max(chi_square(draws.iter().map(|draw| top_bits(draw[i], 8)), BINS).abs());
        worst = worst.max(chi_square(draws.iter().map(|draw| draw[i] as usize % BINS), BINS).abs());
        for j in 0..3 {
            let neighbours = || draws.windows(2).map(move |pair| (pair[0][i], pair[1][j]));
            worst = worst.max(correlation(neighbours()).abs());
            let squares = neighbours().map(|(a, b)| top_bits(a, 4) << 4 | top_bits(b, 4));
            worst = worst.max(chi_square(squares, BINS).abs());
        }
    }
    worst
}

fn check_good(name: &str, stream: impl Fn(u64) -> Stream) {
    let worst = worst_deviation(&draws(stream));
    assert!(worst < BOUND, "{name}: deviation {worst}");
}

fn check_poor(name: &str, stream: impl Fn(u64) -> Stream) {
    let worst = worst_deviation(&draws(stream));
    assert!(worst > 4.0 * BOUND, "{name}: deviation {worst}");
}

#[test]
fn the_streams_of_consecutive_requests_are_independent() {
    for seed in [0, 1, u64::MAX] {
        check_good(&format!("seed {seed}"), |number| Streams::new(seed, 0).request(number));
    }
}

#[test]
fn the_streams_of_consecutive_replications_are_independent() {
    check_good("request 0", |replication| Streams::new(1, replication).request(0));
    check_good("arrivals", |replication| Streams::new(1, replication).purpose(Purpose::Arrivals));
}

#[test]
fn the_streams_of_consecutive_seeds_are_independent() {
    check_good("request 0", |seed| Streams::new(seed, 0).request(0));
    check_good("arrivals", |seed| Streams::new(seed, 0).purpose(Purpose::Arrivals));
    check_good("seed and replication together", |n| Streams::new(n, n).request(n));
}

#[test]
fn distant_numbers_in_a_pattern_give_independent_streams() {
    for shift in [8, 16, 32, 40] {
        check_good(&format!("steps of 2^{shift}"), |number| Streams::new(1, 0).request(number << shift));
    }
    // The increment of SplitMix64, which careless generators use to separate their streams.
    let step = 0x9e37_79b9_7f4a_7c15_u64;
    check_good("steps of the golden ratio", |number| Streams::new(1, 0).request(number.wrapping_mul(step)));
}

#[test]
fn the_streams_of_different_purposes_are_independent() {
    let purposes =
        [Purpose::Think, Purpose::Timeout, Purpose::Patience, Purpose::Backoff, Purpose::UserRequests, Purpose::Accept];
    for purpose in purposes {
        let streams = Streams::new(1, 0);
        check_good(&format!("{purpose:?}, first number"), |number| streams.purpose_of(purpose, number, 0));
        check_good(&format!("{purpose:?}, second number"), |number| streams.purpose_of(purpose, 0, number));
    }
}

/// The result of the checks above for other ways to make a stream from a number.
#[test]
fn poor_streams_are_detected() {
    check_poor("one stream for all", |_| Stream::new([1, 1]));
    let mut stream = Stream::new([1, 1]);
    let later: Vec<Stream> = (0..STREAMS)
        .map(|_| {
            let now = stream.clone();
            stream.random::<u64>();
            now
        })
        .collect();
    check_poor("one stream, each request one draw later", |number| later[number as usize].clone());
    check_poor("a stream for every two requests", |number| Streams::new(1, 0).request(number / 2));
    check_poor("state = number, in the low bits", |number| Stream::new([number, 1]));
    check_poor("state = number, in the high bits", |number| Stream::new([1, number << 40]));
}

#[test]
fn a_stream_is_the_published_generator() {
    for state in [[1, 2], [u64::MAX, 0], [0x0123_4567_89ab_cdef, 0xfedc_ba98_7654_3210], [0, 1]] {
        let [low, high] = state.map(u128::from);
        let published = Xoroshiro128PlusPlus::from_seed((high << 64 | low).to_le_bytes());
        let (mut ours, mut published) = (Stream::new(state), published);
        for _ in 0..1000 {
            assert_eq!(ours.random::<u64>(), published.random::<u64>());
        }
    }
}

/// Consecutive numbers of one stream, which a request draws, are as good as those of different streams.
#[test]
fn the_draws_of_one_stream_are_independent() {
    let mut stream = Streams::new(1, 0).purpose(Purpose::Arrivals);
    let draws: Draws = (0..STREAMS).map(|_| stream.random()).collect();
    let worst = worst_deviation(&draws);
    assert!(worst < BOUND, "deviation {worst}");
}

#[test]
fn flipping_a_bit_of_a_number_flips_each_bit_of_the_first_draw_half_of_the_time() {
    let first = |seed, replication, number| Streams::new(seed, replication).request(number).random::<u64>();
    for input in 0..64 {
        let flip = 1_u64 << input;
        let mut flips = [[0_u32; 64]; 3];
        for n in 0..1000 {
            let before = first(n, n, n);
            let after = [first(n ^ flip, n, n), first(n, n ^ flip, n), first(n, n, n ^ flip)];
            for (flips, after) in flips.iter_mut().zip(after) {
                for (output, flips) in flips.iter_mut().enumerate() {
                    *flips += ((before ^ after) >> output & 1) as u32;
                }
            }
        }
        // Binomial(1000, 1/2) has a standard deviation of 15.8; there are 12,288 of them.
        for flips in flips.as_flattened() {
            assert!((f64::from(*flips) - 500.0).abs() < 5.5 * 250_f64.sqrt(), "input bit {input}: {flips}");
        }
    }
}

#[test]
fn no_two_streams_are_equal() {
    let mut starts: Vec<[u64; 2]> = Vec::new();
    starts.extend((0..STREAMS).map(|number| Streams::new(1, 0).request(number).random::<[u64; 2]>()));
    for seed in 0..100 {
        for replication in 0..10 {
            let streams = Streams::new(seed, replication);
            starts.push(streams.purpose(Purpose::Arrivals).random());
            // Seed 1, replication 0 is above.
            let numbers = if (seed, replication) == (1, 0) { 0..0 } else { 0..100 };
            starts.extend(numbers.map(|number| streams.request(number).random::<[u64; 2]>()));
        }
    }
    let count = starts.len();
    starts.sort_unstable();
    starts.dedup();
    assert_eq!(starts.len(), count, "two streams begin with the same draws");
}

/// The values are those of an independent implementation in Python. They never change within a major version, since
/// results on another machine or by a later release depend on them.
#[test]
fn the_first_values_are_the_same_on_every_machine() {
    let streams = Streams::new(1, 0);
    let first = |mut stream: Stream| stream.random::<[u64; 2]>();
    assert_eq!(first(streams.request(0)), [0x2ba0_9b8b_248b_54e7, 0xff2e_f6d6_8ac4_4d03]);
    assert_eq!(first(streams.request(1)), [0xe8c7_460e_5f4e_e6f2, 0x13f9_3f48_0a2c_005f]);
    assert_eq!(first(streams.request(u64::MAX)), [0xd294_adb9_8a58_894b, 0x5b81_a891_d8e8_4dec]);
    assert_eq!(first(streams.purpose(Purpose::Arrivals)), [0xe57e_37c6_bb2a_88ae, 0x8f69_473d_ee91_411b]);
    assert_eq!(first(Streams::new(2, 0).request(0)), [0x53da_5c71_5be9_6ee9, 0x84bf_3f4e_6fe5_1313]);
    assert_eq!(first(Streams::new(1, 1).request(0)), [0x63cf_a9c7_35e7_5fae, 0xf791_7f61_bd30_bda4]);
}
