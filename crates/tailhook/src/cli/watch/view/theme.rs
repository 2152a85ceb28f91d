//! Colours and shapes. Colour means state, and every state has a shape too: without colours nothing is missing.

use ratatui::style::{Color, Modifier, Style};

use crate::cli::watch::model::{Look, Mark, Outcome};

/// What the terminal can show. Colours are the sixteen that its owner has chosen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Theme {
    pub(crate) colours: bool,
    /// Shapes beyond ASCII.
    pub(crate) unicode: bool,
}

impl Theme {
    fn colour(self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
    }

    pub(crate) fn bad(self) -> Style {
        self.colour(Color::Red)
    }

    pub(crate) fn attention(self) -> Style {
        self.colour(Color::Yellow)
    }

    pub(crate) fn good(self) -> Style {
        self.colour(Color::Green)
    }

    pub(crate) fn key(self) -> Style {
        self.colour(Color::Cyan)
    }

    /// A session's own colour, the same as in `tailhook tail`.
    pub(crate) fn session(self, id: &str) -> Style {
        self.colour(Color::Indexed(crate::cli::line::session_colour(id)))
    }

    pub(crate) fn look(self, look: Look) -> Style {
        match look {
            Look::Permission => self.attention().add_modifier(Modifier::BOLD),
            Look::Failed => self.bad().add_modifier(Modifier::BOLD),
            Look::TurnDone => self.colour(Color::LightBlue),
            Look::Working | Look::Starting | Look::Compacting => self.good(),
            Look::Unclear => self.text(),
            Look::Ended => self.faint(),
        }
    }

    pub(crate) fn mark(self, mark: Mark) -> Style {
        match mark {
            Mark::Failed | Mark::Denied => self.bad(),
            Mark::Ask | Mark::Notice => self.attention(),
            Mark::Prompt => self.colour(Color::Magenta),
            Mark::Done => self.good(),
            Mark::Stop => self.colour(Color::LightBlue),
            Mark::Start | Mark::Agent | Mark::Task => self.key(),
            Mark::Batch | Mark::Message | Mark::Session | Mark::End | Mark::Compact | Mark::Other => self.faint(),
        }
    }

    pub(crate) fn outcome(self, outcome: Outcome) -> Style {
        match outcome {
            Outcome::Running => self.key(),
            Outcome::Waiting => self.attention(),
            Outcome::Ok => self.good(),
            Outcome::Failed | Outcome::Denied => self.bad(),
            Outcome::Lost => self.faint(),
        }
    }

    fn shape(self, unicode: &'static str, ascii: &'static str) -> &'static str {
        if self.unicode { unicode } else { ascii }
    }

    pub(crate) fn look_shape(self, look: Look) -> &'static str {
        match look {
            Look::Permission => self.shape("▲", "!"),
            Look::Failed => self.shape("✗", "x"),
            Look::TurnDone => self.shape("■", "#"),
            Look::Working => self.shape("●", "*"),
            Look::Starting => self.shape("○", "o"),
            Look::Compacting => self.shape("↧", "v"),
            Look::Unclear => "?",
            Look::Ended => self.shape("─", "-"),
        }
    }

    pub(crate) fn mark_shape(self, mark: Mark) -> &'static str {
        match mark {
            Mark::Prompt => self.shape("❯", ">"),
            Mark::Start => self.shape("▸", ">"),
            Mark::Done => self.shape("✓", "+"),
            Mark::Failed => self.shape("✗", "x"),
            Mark::Batch => self.shape("≡", "="),
            Mark::Ask => self.shape("▲", "!"),
            Mark::Denied => self.shape("⊘", "0"),
            Mark::Notice => self.shape("◇", "?"),
            Mark::Message => self.shape("“", "\""),
            Mark::Stop => self.shape("■", "#"),
            Mark::Agent => self.shape("↳", "&"),
            Mark::Task => self.shape("□", "["),
            Mark::Session => self.shape("○", "o"),
            Mark::End => self.shape("─", "-"),
            Mark::Compact => self.shape("↧", "v"),
            Mark::Other => self.shape("·", "."),
        }
    }

    /// A call in the timeline, and what its last column says.
    pub(crate) fn bar(self, outcome: Outcome) -> (&'static str, &'static str) {
        match outcome {
            Outcome::Running => (self.shape("▆", "="), self.shape("▶", ">")),
            Outcome::Waiting => (self.shape("▆", "="), self.shape("▲", "!")),
            Outcome::Ok => (self.shape("▆", "="), self.shape("▆", "=")),
            Outcome::Failed => (self.shape("▆", "="), self.shape("✗", "x")),
            Outcome::Denied => (self.shape("▆", "="), self.shape("⊘", "0")),
            Outcome::Lost => (self.shape("┄", "-"), self.shape("┄", "-")),
        }
    }

    pub(crate) fn waiting(self) -> &'static str {
        self.shape("░", ".")
    }

    pub(crate) fn pause(self) -> &'static str {
        self.shape("┊", ":")
    }

    pub(crate) fn horizontal(self) -> &'static str {
        self.shape("─", "-")
    }

    pub(crate) fn vertical(self) -> &'static str {
        self.shape("│", "|")
    }

    /// At the left of what is chosen.
    pub(crate) fn vertical_bar(self) -> &'static str {
        self.shape("▌", ">")
    }

    pub(crate) fn dot(self) -> &'static str {
        self.shape(" · ", ", ")
    }

    pub(crate) fn live(self) -> &'static str {
        self.shape("●", "*")
    }

    pub(crate) fn away(self) -> &'static str {
        self.shape("○", "o")
    }
}

#[expect(clippy::unused_self, reason = "all styles are asked for in one way")]
impl Theme {
    pub(crate) fn text(self) -> Style {
        Style::new()
    }

    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    pub(crate) fn strong(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// The line that the keys move.
    pub(crate) fn chosen(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    pub(crate) fn outcome_mark(self, outcome: Outcome) -> Mark {
        match outcome {
            Outcome::Running => Mark::Start,
            Outcome::Waiting => Mark::Ask,
            Outcome::Ok => Mark::Done,
            Outcome::Failed => Mark::Failed,
            Outcome::Denied => Mark::Denied,
            Outcome::Lost => Mark::End,
        }
    }
}
