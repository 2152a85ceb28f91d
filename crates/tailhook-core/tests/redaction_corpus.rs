//! How many secrets are found, and how much of what is taken is one.
//!
//! `bench/results/redaction.md` has the numbers.

mod corpus;

use corpus::Tally;

fn assert_at_least(name: &str, tally: &Tally, least_recall: f64, least_precision: f64) {
    let (recall, precision) = (tally.recall(), tally.precision());
    assert!(recall >= least_recall, "{name}: recall {recall}, missed {:#?}", tally.missed);
    assert!(precision >= least_precision, "{name}: precision {precision}, wrong {:#?}", tally.wrong);
}

#[test]
fn precision_and_recall() {
    let (known, all) = corpus::tallies();
    assert_at_least("known shapes", &known, 0.995, 0.99);
    assert_at_least("all", &all, 0.95, 0.99);
}
