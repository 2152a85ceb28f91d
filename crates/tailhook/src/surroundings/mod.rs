//! What stands around a session and no event tells: the branch of its repository, and whether its process still lives.
//!
//! Two threads of their own find out, so that a file system that answers slowly, or never, holds up nobody. They sleep
//! until an event gives a reason to look; a process that ends wakes its watcher through the kernel. What they find goes
//! to the ingest thread, which stores it with the next batch. That a process is gone is told as an event, through the
//! journal, so that folding the session again comes to the same.

mod facts;
mod git;
#[cfg(target_os = "linux")]
mod process;
#[cfg(target_os = "linux")]
mod processes;
#[cfg(target_os = "linux")]
mod terminals;
#[cfg(target_os = "linux")]
mod watched;

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use tailhook_core::{Event, agents};

use crate::config::Home;
use crate::ingest::Waker;
use crate::measure::Measure;
use crate::store::Reader;
pub(crate) use facts::Facts;

/// Notices that wait at most for a thread; what does not fit is left out, the next event brings another.
const MAX_NOTICES: usize = 256;

/// An event that gives a reason to look.
#[derive(Debug, Clone)]
pub(crate) struct Notice {
    session_id: String,
    cwd: Option<String>,
    /// The agent's own record of the session, as it was named.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "processes are watched on Linux alone"))]
    transcript: Option<String>,
    /// Parent of the hook's process.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "processes are watched on Linux alone"))]
    ppid: u32,
    /// The session has ended.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "processes are watched on Linux alone"))]
    ended: bool,
}

/// The threads, as the ingest thread knows them. They end with the process: neither has anything to lose.
pub(crate) struct Surroundings {
    pub(crate) facts: Arc<Facts>,
    git: SyncSender<Notice>,
    #[cfg(target_os = "linux")]
    processes: Arc<processes::Inbox>,
}

impl Surroundings {
    /// Starts the threads. `reader` tells which sessions were alive when the last daemon ended.
    pub(crate) fn start(home: &Home, reader: &Reader, waker: Waker, measure: &Arc<Measure>) -> io::Result<Self> {
        let facts = Arc::new(Facts::new(waker));
        let (git, notices) = sync_channel(MAX_NOTICES);
        let found = Arc::clone(&facts);
        std::thread::Builder::new().name("git".into()).spawn(move || git::run(&notices, &found))?;
        #[cfg(not(target_os = "linux"))]
        let _ = (home, reader, measure);
        Ok(Self {
            #[cfg(target_os = "linux")]
            processes: processes::start(home.clone(), reader, Arc::clone(&facts), Arc::clone(measure))?,
            facts,
            git,
        })
    }

    /// Which of these events give a reason to look.
    pub(crate) fn reasons(events: &[Event]) -> Vec<Notice> {
        let notice = |event: &Event| Notice {
            session_id: event.session_id.clone(),
            cwd: event.data.cwd.clone().filter(|_| event.data.agent_id.is_none()),
            transcript: event.data.transcript_path.clone().filter(|_| event.data.agent_id.is_none()),
            ppid: event.ppid,
            ended: event.kind == "hook.session_end",
        };
        events.iter().filter(|event| is_reason(event)).map(notice).collect()
    }

    /// Looks for what these events, which are stored now, give a reason for.
    pub(crate) fn tell(&self, reasons: Vec<Notice>) {
        let mut told = false;
        for notice in reasons {
            #[cfg(target_os = "linux")]
            {
                told |= self.processes.push(notice.clone());
            }
            let _ = self.git.try_send(notice);
        }
        #[cfg(target_os = "linux")]
        if told {
            self.processes.ring();
        }
        let _ = told;
    }
}

fn is_reason(event: &Event) -> bool {
    let kinds = ["hook.session_start", "hook.user_prompt", "hook.stop", "hook.cwd_changed", "hook.session_end"];
    // The command line of Cline tells of no prompt.
    let works = event.kind == "hook.pre_tool_use" && event.agent == "cline";
    let by_hook = event.pid != 0 && event.agent != "external" && event.agent != agents::SELF;
    by_hook && !event.session_id.is_empty() && (works || kinds.contains(&event.kind.as_str()))
}

#[cfg(test)]
mod tests {
    use tailhook_core::{RawEvent, Redaction};

    use super::*;

    fn event(agent: &str, payload: &str) -> Event {
        let (agent, payload) = (agent.into(), payload.as_bytes().into());
        let raw = RawEvent { stamp_ns: 1, pid: 3, ppid: 2, agent, payload, ..RawEvent::default() };
        agents::parse(&raw, &Redaction::default())
    }

    #[test]
    fn calls_are_a_reason_only_where_no_prompt_is_told() {
        let claude = |name: &str| event("claude-code", &format!(r#"{{"session_id":"s","hook_event_name":"{name}"}}"#));
        let cline = |name: &str| event("cline", &format!(r#"{{"taskId":"s","hookName":"{name}"}}"#));
        assert!(is_reason(&claude("UserPromptSubmit")) && is_reason(&cline("agent_start")));
        assert!(is_reason(&cline("tool_call")) && !is_reason(&cline("tool_result")));
        assert!(!is_reason(&claude("PreToolUse")));
        let published = event("external", r#"{"type":"hook.stop","session_id":"s","data":{}}"#);
        assert!(!is_reason(&published));
    }

    #[test]
    fn a_subagents_folder_and_transcript_are_not_its_sessions() {
        let fields = r#""session_id":"s","cwd":"/p","transcript_path":"/t","hook_event_name":"UserPromptSubmit""#;
        let notice = |more: &str| Surroundings::reasons(&[event("codex", &format!("{{{fields}{more}}}"))]).remove(0);
        assert_eq!(notice("").transcript.as_deref(), Some("/t"));
        let subagent = notice(r#","agent_id":"a""#);
        assert_eq!((subagent.cwd, subagent.transcript), (None, None));
    }
}
