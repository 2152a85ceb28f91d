//! Whose turn it is: an order that changes each round, so that the machine's noise hits all alike.

/// A shuffled order of so many candidates, drawn anew each round. The seed is fixed: two runs take the same turns.
#[derive(Debug)]
pub struct Turns {
    order: Vec<usize>,
    random: u64,
}

impl Turns {
    /// For candidates 0 to `count` - 1.
    pub fn new(count: usize) -> Self {
        Self { order: (0..count).collect(), random: 0x9e37_79b9_7f4a_7c15 }
    }

    /// The order of the next round.
    pub fn next_round(&mut self) -> &[usize] {
        for at in (1..self.order.len()).rev() {
            self.random = self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.order.swap(at, (self.random >> 33) as usize % (at + 1));
        }
        &self.order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_one_turn_a_round() {
        let mut turns = Turns::new(5);
        let first = turns.next_round().to_vec();
        let second = turns.next_round().to_vec();
        assert_ne!(first, second);
        for mut round in [first, second] {
            round.sort_unstable();
            assert_eq!(round, [0, 1, 2, 3, 4]);
        }
    }
}
