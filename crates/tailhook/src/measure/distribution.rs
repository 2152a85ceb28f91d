//! How long something took, over all times it happened.

use hdrhistogram::Histogram;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Upper bounds of the counted classes, microseconds; the last class has none. From a hook's append to a disk on its
/// knees.
pub(crate) const BOUNDS_US: [u64; 18] = [
    10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
    5_000_000, 30_000_000,
];

/// Percentiles, microseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Spread {
    pub(crate) count: u64,
    pub(crate) p50: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

/// What a program that adds up and compares wants to know.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Classes {
    /// How many were in each class; not added up.
    pub(crate) counts: [u64; BOUNDS_US.len() + 1],
    pub(crate) sum_us: u64,
}

/// All times of one kind.
pub(super) struct Distribution {
    histogram: Histogram<u32>,
    classes: Classes,
}

impl Distribution {
    pub(super) fn new() -> Self {
        Self { histogram: histogram(), classes: Classes::default() }
    }

    pub(super) fn record(&mut self, us: u64) {
        self.histogram.saturating_record(us);
        self.classes.counts[BOUNDS_US.partition_point(|bound| *bound < us)] += 1;
        self.classes.sum_us = self.classes.sum_us.saturating_add(us);
    }

    pub(super) fn spread(&self) -> Spread {
        spread(&self.histogram)
    }

    pub(super) fn classes(&self) -> Classes {
        self.classes
    }
}

/// Two digits are enough to compare with; three cost eight times the memory.
pub(super) fn histogram() -> Histogram<u32> {
    Histogram::new_with_bounds(1, 60_000_000, 2).expect("constant bounds")
}

pub(super) fn spread(histogram: &Histogram<u32>) -> Spread {
    let at = |quantile| histogram.value_at_quantile(quantile);
    Spread { count: histogram.len(), p50: at(0.5), p99: at(0.99), max: histogram.max() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_belongs_to_the_class_below_it() {
        let mut times = Distribution::new();
        for us in [0, 10, 11, 30_000_000, 30_000_001] {
            times.record(us);
        }
        let Classes { counts, sum_us } = times.classes();
        assert_eq!((counts[0], counts[1], counts[17], counts[18]), (2, 1, 1, 1));
        assert_eq!(sum_us, 60_000_022);
    }
}
