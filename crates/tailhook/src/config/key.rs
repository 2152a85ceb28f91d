//! Every key of `config.toml`, said once: for the file that `tailhook config --init` writes and for the reference.

use std::fmt::Write as _;

/// One key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    /// As it stands in the file where nobody changes anything; several lines for a table.
    pub(crate) example: &'static str,
    /// What it does and what it may be.
    pub(crate) about: &'static str,
    /// What beats it.
    pub(crate) beaten_by: &'static [&'static str],
}

/// In the order of the file.
pub(crate) const KEYS: [Key; 15] = [
    Key {
        name: "port",
        example: "port = 8765",
        about: "Where the daemon listens, on 127.0.0.1 and ::1; 0 takes a free port.",
        beaten_by: &["--port", "TAILHOOK_PORT"],
    },
    Key {
        name: "host",
        example: "host = \"box.lan\"",
        about: "An address or a name to listen on beside 127.0.0.1 and ::1, for other machines; wants the next two.",
        beaten_by: &["--host"],
    },
    Key {
        name: "tls_cert",
        example: "tls_cert = \"/home/dev/tls/cert.pem\"",
        about: "The certificate chain for it, PEM.",
        beaten_by: &["--tls-cert"],
    },
    Key {
        name: "tls_key",
        example: "tls_key = \"/home/dev/tls/key.pem\"",
        about: "The certificate's key, PEM.",
        beaten_by: &["--tls-key"],
    },
    Key {
        name: "insecure_plain",
        example: "insecure_plain = false",
        about: "Whether host may go without TLS: the network can then read all, the token too.",
        beaten_by: &["--insecure-plain"],
    },
    Key {
        name: "legacy_ws",
        example: "legacy_ws = false",
        about: "Whether ws://127.0.0.1:PORT/ speaks the historic protocol, without a token, to programs and to pages from file://; any web site can then read events as well.",
        beaten_by: &["--legacy-ws", "TAILHOOK_LEGACY_WS"],
    },
    Key {
        name: "legacy_skip_prefix",
        example: "legacy_skip_prefix = \"/mpm\"",
        about: "Prompts that begin with this are left out there; empty leaves out none.",
        beaten_by: &[],
    },
    Key {
        name: "redact",
        example: "redact = \"on\"",
        about: "Whether keys, tokens and passwords are removed before anything is stored: \"on\" or \"off\".",
        beaten_by: &[],
    },
    Key {
        name: "log",
        example: "log = \"info\"",
        about: "What the daemon writes to its log: \"error\", \"warn\", \"info\", \"debug\", \"trace\", or a filter of tracing.",
        beaten_by: &["TAILHOOK_LOG"],
    },
    Key {
        name: "transcripts",
        example: "transcripts = \"on\"",
        about: "Whether the agents' own records of their sessions are read, for tokens, cost and the conversation: \"on\" or \"off\".",
        beaten_by: &[],
    },
    Key {
        name: "redact_patterns",
        example: "redact_patterns = [\"ACME-[0-9]{6}\"]",
        about: "What else is removed: regular expressions of the regex crate, at most 32, looked for inside the strings of a payload.",
        beaten_by: &[],
    },
    Key {
        name: "slow_hook_ms",
        example: "slow_hook_ms = 10",
        about: "Hooks that take longer, in milliseconds, are counted and shown by `tailhook status`.",
        beaten_by: &[],
    },
    Key {
        name: "retention_days",
        example: "retention_days = 30",
        about: "Events older than so many days are removed, a few at a time while events come; 0 keeps them. `tailhook status` \
                says how far back the store reaches, `tailhook export --payload 'time<2026-11-01'` writes elsewhere what is to go.",
        beaten_by: &[],
    },
    Key {
        name: "retention_bytes",
        example: "retention_bytes = 2147483648",
        about: "The oldest events are removed while the store is larger than this; 0 lets it grow.",
        beaten_by: &[],
    },
    Key {
        name: "prices",
        example: "[prices.\"my-model-*\"]\ninput = 3.0\noutput = 15.0",
        about: "What a model costs, dollars per million tokens, where the built-in table has no price or another one.",
        beaten_by: &[],
    },
];

/// A `config.toml` in which everything is explained and nothing is set.
pub(crate) fn template() -> String {
    let mut text = String::from(
        "# Settings of tailhook. A line that begins with # says nothing: take the # away to change a setting.\n\
         # `tailhook config` shows every setting and where it came from; the daemon reads this file when it starts.\n",
    );
    for Key { example, about, beaten_by, .. } in KEYS {
        let _ = write!(text, "\n# {about}\n");
        if !beaten_by.is_empty() {
            let _ = writeln!(text, "# {} beats it.", beaten_by.join(" or "));
        }
        for line in example.lines() {
            let _ = writeln!(text, "#{line}");
        }
    }
    text
}
