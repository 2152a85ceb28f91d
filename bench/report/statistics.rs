//! A few numbers out of many times.

use std::time::Duration;

use serde::Serialize;

/// Times of one candidate.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    nanoseconds: Vec<u64>,
}

/// What is reported of them, microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// How many times were taken.
    pub count: usize,
    /// The shortest.
    pub min_us: f64,
    /// Half of them are shorter.
    pub p50_us: f64,
    /// 90 of 100 are shorter.
    pub p90_us: f64,
    /// 99 of 100 are shorter.
    pub p99_us: f64,
    /// The longest.
    pub max_us: f64,
}

impl Sample {
    /// Adds one time.
    pub fn push(&mut self, time: Duration) {
        self.push_ns(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    }

    /// Adds one time, nanoseconds.
    pub fn push_ns(&mut self, time: u64) {
        self.nanoseconds.push(time);
    }

    /// Nothing was added.
    pub fn is_empty(&self) -> bool {
        self.nanoseconds.is_empty()
    }

    /// None where there is nothing to sum up.
    pub fn summary(&self) -> Option<Summary> {
        let mut sorted = self.nanoseconds.clone();
        sorted.sort_unstable();
        let last = sorted.len().checked_sub(1)?;
        let at = |per_mille: usize| sorted[(sorted.len() * per_mille / 1_000).min(last)] as f64 / 1_000.0;
        Some(Summary {
            count: sorted.len(),
            min_us: at(0),
            p50_us: at(500),
            p90_us: at(900),
            p99_us: at(990),
            max_us: at(1_000),
        })
    }
}

impl FromIterator<u64> for Sample {
    fn from_iter<I: IntoIterator<Item = u64>>(times: I) -> Self {
        Self { nanoseconds: times.into_iter().collect() }
    }
}

/// The middle one of a few numbers; of an even count, the lower of the two. 0 where there is none.
pub fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_of_a_thousand() {
        let summary = (1..=1_000).rev().map(|n| n * 1_000).collect::<Sample>().summary().expect("not empty");
        let expected =
            Summary { count: 1_000, min_us: 1.0, p50_us: 501.0, p90_us: 901.0, p99_us: 991.0, max_us: 1_000.0 };
        assert_eq!(summary, expected);
    }

    #[test]
    fn nothing_has_no_summary() {
        assert_eq!(Sample::default().summary(), None);
    }

    #[test]
    fn the_middle_one() {
        let medians = [&[][..], &[3.0], &[9.0, 1.0], &[9.0, 1.0, 4.0]].map(|numbers| median(numbers).to_string());
        assert_eq!(medians, ["0", "3", "1", "4"]);
    }
}
