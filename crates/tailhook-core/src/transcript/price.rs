//! What models cost, and how much fits their context.
//!
//! The built-in table is of November 2026: the prices by which Claude Code 2.1.197 itself counts, and the list
//! prices of models that Codex and Gemini CLI use, for prompts of the usual length where longer ones cost more. Prices
//! change, and some pay others: a [`PriceTable`] takes overrides.

use serde::{Deserialize, Serialize};

use super::{Answer, Tokens};

/// When the built-in table was last looked at.
pub const AS_OF: &str = "2026-11";

/// US dollars per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Input read anew.
    pub input: f64,
    /// Output.
    pub output: f64,
    /// Input from the cache; a tenth of `input` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<f64>,
    /// Input put into the cache for five minutes; 1.25 times `input` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<f64>,
    /// Input put into the cache for an hour; twice `input` if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write_1h: Option<f64>,
}

const fn price(input: f64, output: f64) -> Price {
    Price { input, output, cache_read: None, cache_write: None, cache_write_1h: None }
}

/// Names may end in `*`, which stands for anything; the first that fits counts.
const BUILT_IN: &[(&str, Price)] = &[
    ("claude-opus-4-5*", price(5.0, 25.0)),
    ("claude-opus-4-6*", price(5.0, 25.0)),
    ("claude-opus-4-7*", price(5.0, 25.0)),
    ("claude-opus-4-8*", price(5.0, 25.0)),
    ("claude-opus-4*", price(15.0, 75.0)),
    ("claude-3-opus*", price(15.0, 75.0)),
    ("claude-fable-5*", price(10.0, 50.0)),
    ("claude-mythos-5*", price(10.0, 50.0)),
    ("claude-sonnet-*", price(3.0, 15.0)),
    ("claude-3-7-sonnet*", price(3.0, 15.0)),
    ("claude-3-5-sonnet*", price(3.0, 15.0)),
    ("claude-haiku-4-5*", price(1.0, 5.0)),
    ("claude-3-5-haiku*", price(0.8, 4.0)),
    ("gpt-5-mini*", price(0.25, 2.0)),
    ("gpt-5.1*", price(1.25, 10.0)),
    ("gpt-5.2*", price(1.75, 14.0)),
    ("gpt-5", price(1.25, 10.0)),
    ("gpt-5-codex*", price(1.25, 10.0)),
    ("gpt-5.5", price(5.0, 30.0)),
    ("gemini-2.5-pro*", price(1.25, 10.0)),
    ("gemini-2.5-flash-lite*", price(0.1, 0.4)),
    ("gemini-2.5-flash*", price(0.3, 2.5)),
    ("gemini-3-pro*", price(2.0, 12.0)),
    ("gemini-3-flash*", price(0.5, 3.0)),
];

/// Models whose context is larger than the usual one.
const LARGE_CONTEXT: &[&str] =
    &["claude-opus-4-7*", "claude-opus-4-8*", "claude-sonnet-5*", "claude-fable-5*", "claude-mythos-5*", "*[1m]"];

/// What models cost here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PriceTable {
    overrides: Vec<(String, Price)>,
}

impl PriceTable {
    /// The built-in table with these in front of it: names of models, in which `*` stands for anything.
    pub fn with(overrides: Vec<(String, Price)>) -> Self {
        Self { overrides }
    }

    /// What a model costs, if it is known.
    pub fn of(&self, model: &str) -> Option<Price> {
        let own = self.overrides.iter().map(|(name, price)| (name.as_str(), *price));
        let fits = |name: &str| matches(name, model) || matches(name, base(model));
        own.chain(BUILT_IN.iter().copied()).find(|(name, _)| fits(name)).map(|(_, price)| price)
    }

    /// What an answer cost, US dollars; none if the model's price is not known.
    pub fn cost(&self, answer: &Answer) -> Option<f64> {
        self.cost_of(&answer.model, answer.tokens, answer.cache_write_1h)
    }

    /// What so many tokens cost, US dollars; `cache_write_1h` of `tokens.cache_write` were put away for an hour.
    pub fn cost_of(&self, model: &str, tokens: Tokens, cache_write_1h: u64) -> Option<f64> {
        let price = self.of(model)?;
        let of = |tokens: u64, per_million: f64| tokens as f64 * per_million / 1e6;
        let short = tokens.cache_write.saturating_sub(cache_write_1h);
        Some(
            of(tokens.input, price.input)
                + of(tokens.output, price.output)
                + of(tokens.cache_read, price.cache_read.unwrap_or(price.input * 0.1))
                + of(short, price.cache_write.unwrap_or(price.input * 1.25))
                + of(cache_write_1h, price.cache_write_1h.unwrap_or(price.input * 2.0)),
        )
    }
}

/// How many tokens fit a model's context, where its name tells that. `used` of them are, which may prove that it is a
/// large one.
pub fn context_window(model: &str, used: u64) -> Option<u64> {
    if model.starts_with("gemini-") {
        return Some(1 << 20);
    }
    if !model.starts_with("claude-") {
        return None;
    }
    let large = LARGE_CONTEXT.iter().any(|name| matches(name, model)) || used > 200_000;
    Some(if large { 1_000_000 } else { 200_000 })
}

/// The name without what a client appends to it, e.g. `[1m]`.
fn base(model: &str) -> &str {
    model.split('[').next().unwrap_or(model)
}

/// Whether a name fits a pattern in which `*` stands for anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = name.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, fits) in [
            ("claude-opus-4-8", "claude-opus-4-8", true),
            ("claude-opus-4", "claude-opus-4-8", false),
            ("claude-opus-4*", "claude-opus-4-8", true),
            ("*opus*8", "claude-opus-4-8", true),
            ("*opus*9", "claude-opus-4-8", false),
            ("*", "", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn an_answer_costs_what_its_tokens_do() {
        let table = PriceTable::default();
        let tokens = Tokens { input: 1_000_000, output: 100_000, cache_read: 1_000_000, cache_write: 2_000_000 };
        // 5 + 2.5 + 0.5 + 6.25 for the million of five minutes + 10 for that of an hour.
        assert_eq!(table.cost_of("claude-opus-4-8[1m]", tokens, 1_000_000), Some(24.25));
        assert_eq!(table.cost_of("somebody-elses", tokens, 0), None);
        let mine = PriceTable::with(vec![("somebody-*".into(), price(1.0, 0.0))]);
        assert_eq!(mine.cost_of("somebody-elses", Tokens { input: 2_000_000, ..Tokens::default() }, 0), Some(2.0));
        assert_eq!(mine.of("claude-opus-4-1"), Some(price(15.0, 75.0)));
    }

    #[test]
    fn a_context_is_as_large_as_what_was_in_it() {
        assert_eq!(context_window("claude-haiku-4-5", 100), Some(200_000));
        assert_eq!(context_window("claude-sonnet-4-5[1m]", 100), Some(1_000_000));
        assert_eq!(context_window("claude-sonnet-4-5", 300_000), Some(1_000_000));
        assert_eq!(context_window("gemini-2.5-flash", 100), Some(1_048_576));
        assert_eq!(context_window("gpt-5", 100), None, "Codex says it itself");
    }
}
