//! How long calls took: of all of an agent, to be asked, and of one session, to be kept.

use std::collections::BTreeMap;

/// How many calls took how many milliseconds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    calls: u64,
    by_ms: BTreeMap<u64, u64>,
}

impl Times {
    pub(super) fn add(&mut self, session: &SessionTimes) {
        for (ms, calls) in session.iter() {
            self.calls += calls;
            *self.by_ms.entry(ms).or_default() += calls;
        }
    }

    /// Of a session that was added.
    pub(super) fn remove(&mut self, session: &SessionTimes) {
        for (ms, calls) in session.iter() {
            self.calls -= calls;
            let left = self.by_ms.entry(ms).or_default();
            *left -= calls;
            if *left == 0 {
                self.by_ms.remove(&ms);
            }
        }
    }

    /// So many of a hundred calls took no longer than this. None: there are no calls.
    pub(super) fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.calls * percent / 100).min(self.calls.checked_sub(1)?);
        let mut before = 0;
        let reaches = |(ms, calls): (&u64, &u64)| {
            before += calls;
            (before > rank).then_some(*ms)
        };
        self.by_ms.iter().find_map(reaches)
    }
}

/// The same of one session, in few bytes: there is one of these for each session that is stored. For each length, in
/// their order, how much it is more than the one before and how many calls took it, seven bits a byte.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct SessionTimes(Box<[u8]>);

impl SessionTimes {
    pub(super) fn new(mut ms: Vec<u64>) -> Self {
        ms.sort_unstable();
        let (mut bytes, mut before) = (Vec::new(), 0);
        for same in ms.chunk_by(|one, other| one == other) {
            put(&mut bytes, same[0] - before);
            put(&mut bytes, same.len() as u64);
            before = same[0];
        }
        Self(bytes.into())
    }

    /// Milliseconds and calls.
    fn iter(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let (mut bytes, mut ms) = (self.0.iter().copied(), 0);
        std::iter::from_fn(move || {
            ms += take(&mut bytes)?;
            Some((ms, take(&mut bytes)?))
        })
    }
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7F {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let (mut number, mut shift) = (0, 0);
    loop {
        let byte = bytes.next()?;
        number |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
        shift += 7;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles() {
        let of = |ms: &[u64]| {
            let mut times = Times::default();
            times.add(&SessionTimes::new(ms.to_vec()));
            (times.percentile(50), times.percentile(95))
        };
        assert_eq!(of(&[5, 2, 9, 1, 10, 3, 8, 4, 7, 6]), (Some(6), Some(10)));
        assert_eq!(of(&[7]), (Some(7), Some(7)));
        assert_eq!(of(&[3, 3, 3, 3, 3, 3, 3, 3, 3, 100]), (Some(3), Some(100)));
        assert_eq!(of(&[]), (None, None));
    }

    #[test]
    fn lengths_of_any_size_are_kept_as_they_are() {
        let ms = [u64::MAX, 0, 127, 128, 0, 300_000, u64::MAX];
        let kept: Vec<_> = SessionTimes::new(ms.to_vec()).iter().collect();
        assert_eq!(kept, [(0, 2), (127, 1), (128, 1), (300_000, 1), (u64::MAX, 2)]);
    }

    #[test]
    fn what_was_added_can_be_taken_away_again() {
        let (one, other) = (SessionTimes::new(vec![1, 2, 2]), SessionTimes::new(vec![2, 9]));
        let mut times = Times::default();
        times.add(&one);
        times.add(&other);
        times.remove(&one);
        let mut alone = Times::default();
        alone.add(&other);
        assert_eq!(times, alone);
    }
}
