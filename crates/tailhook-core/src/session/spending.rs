//! What a session's answers took.

use super::Session;
use crate::transcript::Tokens;
use crate::transcript::price::context_window;

/// What newly known answers change in a session's numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spending {
    /// Tokens to add.
    pub more: Tokens,
    /// Tokens to take back: of answers that were known with other numbers.
    pub less: Tokens,
    /// US dollars to add; negative where more is taken back.
    pub cost_usd: f64,
    /// Model of the main agent's latest answer.
    pub model: Option<String>,
    /// What it was given, tokens.
    pub context_tokens: Option<u64>,
    /// How much that model can be given, tokens, where the agent says so.
    pub context_window: Option<u64>,
}

impl Session {
    /// Takes in what answers took. False: that changes nothing.
    pub fn spend(&mut self, spent: &Spending) -> bool {
        if *spent == Spending::default() {
            return false;
        }
        let tokens = self.tokens.get_or_insert_default();
        tokens.add(spent.more);
        tokens.subtract(spent.less);
        if spent.cost_usd != 0.0 {
            // To a billionth, so that many small sums leave no dust.
            let sum = (self.cost_usd.unwrap_or(0.0) + spent.cost_usd).max(0.0);
            self.cost_usd = Some((sum * 1e9).round() / 1e9);
        }
        if let Some(model) = &spent.model {
            // A start names the model with what the client appended to it, e.g. `[1m]`, which answers do not.
            let known = self.model.as_deref().unwrap_or_default();
            if known.split('[').next() != Some(model) {
                self.model = Some(model.clone());
            }
        }
        if let Some(used) = spent.context_tokens {
            self.context_tokens = Some(used);
            let known = || context_window(self.model.as_deref().unwrap_or_default(), used);
            self.context_window = spent.context_window.or_else(known);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_too_early_is_taken_back() {
        let mut session = Session { model: Some("claude-sonnet-4-5[1m]".into()), ..Session::default() };
        let tokens = |output| Tokens { input: 10, output, ..Tokens::default() };
        let first = Spending {
            more: tokens(1),
            cost_usd: 0.5,
            model: Some("claude-sonnet-4-5".into()),
            context_tokens: Some(10),
            ..Spending::default()
        };
        assert!(session.spend(&first));
        assert!(session.spend(&Spending { more: tokens(7), less: tokens(1), cost_usd: 0.25, ..Spending::default() }));
        assert!(!session.spend(&Spending::default()));
        assert_eq!(session.tokens, Some(tokens(7)));
        assert_eq!(session.cost_usd, Some(0.75));
        assert_eq!(session.model.as_deref(), Some("claude-sonnet-4-5[1m]"), "what the start said is more exact");
        assert_eq!(session.context_window, Some(1_000_000));
    }
}
