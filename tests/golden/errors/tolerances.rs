//! Tolerances, in the file and from `--tolerance`.

use super::Mistake;
use super::Mistake::{Set, Tolerate};

/// The mistakes, grouped by subject.
pub const MISTAKES: &[(&str, &[Mistake])] = &[(
    "Tolerances",
    &[
        Set("tolerances.p99=5%"),
        Set("tolerances.p99.relative=5"),
        Set("tolerances.p99.relative=-5%"),
        Set("tolerances.p99.absolute=5%"),
        Set("tolerances.p99.absolute=5"),
        Set("tolerances.p99.absolut=5ms"),
        Set("tolerances.throughput.absolute=5"),
        Set("tolerances.error_rate.absolute=5ms"),
        Set("tolerances.p98.relative=5%"),
        Set("tolerances.max.relative=5%"),
        Tolerate("p99"),
        Tolerate("p99="),
        Tolerate("p99=,"),
        Tolerate("p99=5"),
        Tolerate("p99=5%,2"),
        Tolerate("p99=5ms,5%"),
        Tolerate("p99=5%,2ms,1"),
        Tolerate("max=5%"),
        Tolerate("p98=5%"),
        Tolerate("=5%"),
    ],
)];
