//! `tailhook watch`: sessions and events in the whole terminal.
//!
//! Threads bring what happens ([`Input`]): keys, signals, and the daemon's news by way of `source` and `wants`. This one
//! alone holds the [`Model`] and draws it: only after a change, and at most thirty times a second. Without news it sleeps.

mod keys;
mod model;
mod news;
mod source;
mod terminal;
mod view;
mod wants;

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use jiff::Timestamp;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::arguments::WatchOptions;
use super::client::Client;
use super::exit::{Code, Failure};
use super::print;
use super::selection::zone;
use crate::config::Settings;
use model::{Model, Wish};
use news::{News, Scope};
use source::Events;
use terminal::Screen;
use view::{Areas, Theme};
use wants::Wants;

/// Thirty pictures a second.
const FRAME: Duration = Duration::from_millis(33);
/// News that wait to be drawn; whoever brings more waits with them.
const QUEUE: usize = 1_024;
/// A terminal that takes no more output must not keep us from ending.
const GRACE: Duration = Duration::from_millis(500);

/// What happens.
enum Input {
    Key(KeyEvent),
    Paste(String),
    Resize,
    News(News),
    /// A signal that ends us.
    Signal(i32),
    /// No key will come any more.
    TerminalGone,
}

/// Shows sessions and events until `q`.
pub(super) fn watch(settings: &Settings, options: &WatchOptions) -> Result<(), Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() || print::is_dumb() {
        return Err(Failure::new(Code::Failed, "watch needs a terminal that can be drawn on", "tailhook tail"));
    }
    // Whoever has no daemon is told so on a screen that stays.
    Client::find(settings)?;
    let scope = Scope {
        session: options.selection.session.clone(),
        fixed: options.selection.kinds_and_agents(),
        query: options.selection.expression()?,
        turn: 0,
    };
    let (sender, receiver) = sync_channel(QUEUE);
    let ended =
        listen_to_signals(&sender).map_err(|error| Failure::failed(format!("could not listen to signals: {error}")))?;
    let failed = |error: io::Error| Failure::failed(format!("could not use the terminal: {error}"));
    let mut screen = Screen::take().map_err(failed)?;
    read_keys(sender.clone());
    source::follow_sessions(settings.clone(), sender.clone());
    let events = Events::follow(settings.clone(), scope.clone(), sender.clone());
    let wants = Wants::start(settings, sender);
    let model = Model::new(scope, zone(), env!("CARGO_PKG_VERSION"));
    let theme = Theme { colours: print::has_colours(), unicode: print::has_unicode() };
    let mut watch = Watch { model, theme, events, wants, ended: None };
    let result = watch.run(&mut screen, &receiver);
    drop(screen);
    if let Some(signal) = watch.ended {
        // To whoever started us we end as anybody whom the signal ends.
        ended.close();
        let _ = signal_hook::low_level::emulate_default_handler(signal);
    }
    match result {
        // The terminal went away; there is nobody to tell.
        Err(error) if matches!(error.raw_os_error(), Some(5)) || error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(failed),
    }
}

fn read_keys(input: SyncSender<Input>) {
    std::thread::spawn(move || {
        loop {
            let sent = match crossterm::event::read() {
                Ok(Event::Key(key)) if key.kind != KeyEventKind::Release => input.send(Input::Key(key)),
                Ok(Event::Paste(text)) => input.send(Input::Paste(text)),
                Ok(Event::Resize(..)) => input.send(Input::Resize),
                Ok(_) => Ok(()),
                Err(_) => {
                    let _ = input.send(Input::TerminalGone);
                    return;
                }
            };
            if sent.is_err() {
                return;
            }
        }
    });
}

fn listen_to_signals(input: &SyncSender<Input>) -> io::Result<signal_hook::iterator::Handle> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP])?;
    let (handle, input) = (signals.handle(), input.clone());
    std::thread::spawn(move || {
        for signal in &mut signals {
            let _ = input.try_send(Input::Signal(signal));
            std::thread::sleep(GRACE);
            // The picture hangs in a write that nobody reads.
            terminal::give_back();
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
    });
    Ok(handle)
}

struct Watch {
    model: Model,
    theme: Theme,
    events: Arc<Events>,
    wants: Arc<Wants>,
    /// The signal that ended us.
    ended: Option<i32>,
}

impl Watch {
    fn run(&mut self, screen: &mut Screen, inputs: &Receiver<Input>) -> io::Result<()> {
        self.draw(screen)?;
        let mut drawn = Instant::now();
        loop {
            let Ok(first) = inputs.recv() else { return Ok(()) };
            // All that gathers until the next picture is due is in it.
            let due = drawn + FRAME;
            let mut input = Some(first);
            while let Some(next) = input.take() {
                if !self.take(screen, next)? {
                    return Ok(());
                }
                let left = due.saturating_duration_since(Instant::now());
                // Where events come without a pause, the picture has its turn all the same.
                if left.is_zero() && drawn.elapsed() > 2 * FRAME {
                    break;
                }
                input = match inputs.recv_timeout(left) {
                    Ok(next) => Some(next),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => return Ok(()),
                };
            }
            self.draw(screen)?;
            drawn = Instant::now();
        }
    }

    /// False: that was the end.
    fn take(&mut self, screen: &mut Screen, input: Input) -> io::Result<bool> {
        let wishes = match input {
            Input::Key(key) => self.press(key),
            Input::Paste(text) => {
                self.model.type_text(&text);
                Vec::new()
            }
            Input::Resize => Vec::new(),
            Input::News(news) => self.model.hear(news, Timestamp::now().as_microsecond()),
            Input::Signal(signal) => {
                self.ended = Some(signal);
                return Ok(false);
            }
            Input::TerminalGone => return Ok(false),
        };
        self.fulfil(screen, wishes)
    }

    fn press(&mut self, key: KeyEvent) -> Vec<Wish> {
        // So that a test can see what a panic leaves behind.
        assert!(!(cfg!(debug_assertions) && key.code == KeyCode::F(12)), "F12 panics in debug builds");
        if self.model.typing.is_none()
            || key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c')
        {
            return keys::action(key).map(|action| self.model.act(action)).unwrap_or_default();
        }
        match (key.code, key.modifiers.contains(KeyModifiers::CONTROL)) {
            (KeyCode::Enter, _) => return self.model.end_typing(true),
            (KeyCode::Esc, _) => return self.model.end_typing(false),
            (KeyCode::Char('w'), true) => self.model.erase(true),
            (KeyCode::Char('u'), true) => self.model.typing = Some(String::new()),
            (KeyCode::Char('h'), true) | (KeyCode::Backspace, _) => self.model.erase(false),
            (KeyCode::Char(c), false) => self.model.type_text(c.encode_utf8(&mut [0; 4])),
            _ => {}
        }
        Vec::new()
    }

    fn fulfil(&mut self, screen: &mut Screen, wishes: Vec<Wish>) -> io::Result<bool> {
        for wish in wishes {
            match wish {
                Wish::Scope(scope) => self.events.turn_to(scope),
                Wish::Older { scope, before } => self.wants.older(scope, before),
                Wish::Event(seq) => self.wants.event(seq),
                Wish::Stats => self.wants.stats(),
                Wish::Suspend => screen.suspend()?,
                Wish::Redraw => screen.terminal().clear()?,
                Wish::Quit => return Ok(false),
            }
        }
        Ok(true)
    }

    fn draw(&mut self, screen: &mut Screen) -> io::Result<()> {
        self.model.now_us = self.model.now_us.max(Timestamp::now().as_microsecond());
        let mut wishes = Vec::new();
        screen.terminal().draw(|frame| {
            let areas = Areas::of(&self.model, frame.area());
            wishes = self.model.settle(areas.room());
            if let Some(cursor) = view::draw(&self.model, &areas, self.theme, frame.buffer_mut()) {
                frame.set_cursor_position(cursor);
            }
        })?;
        self.fulfil(screen, wishes).map(|_| ())
    }
}
