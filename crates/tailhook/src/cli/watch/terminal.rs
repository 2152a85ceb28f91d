//! The terminal as a screen, and as it was before, whatever ends us.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// A frame is gathered here and goes out in one write.
type Out = io::BufWriter<io::Stdout>;

/// Whether the terminal is ours and has to be given back.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// The terminal, taken. Gives it back when it goes.
pub(super) struct Screen {
    terminal: Terminal<CrosstermBackend<Out>>,
}

impl Screen {
    /// Takes the terminal. From here on a panic gives it back before it speaks.
    pub(super) fn take() -> io::Result<Self> {
        static HOOKED: std::sync::Once = std::sync::Once::new();
        HOOKED.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                give_back();
                before(panic);
                // A thread may have panicked while others go on drawing.
                std::process::exit(101);
            }));
        });
        enter()?;
        let out = io::BufWriter::with_capacity(64 << 10, io::stdout());
        Ok(Self { terminal: Terminal::new(CrosstermBackend::new(out))? })
    }

    pub(super) fn terminal(&mut self) -> &mut Terminal<CrosstermBackend<Out>> {
        &mut self.terminal
    }

    /// Puts the program aside as Ctrl-Z does elsewhere; comes back when it is wanted again.
    pub(super) fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // Everything in us stops here, until SIGCONT.
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP)?;
        enter()?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn enter() -> io::Result<()> {
    enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, Hide)
}

/// Leaves the terminal as it was found. Can be called from any thread, and more than once.
pub(super) fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // The terminal may be gone; then there is nothing to give back.
        let _ = execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
        let _ = io::stdout().flush();
        let _ = disable_raw_mode();
    }
}
