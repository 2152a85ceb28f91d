//! Every variable of the environment that tailhook looks at, for the reference.

/// One variable.
pub(crate) struct Variable {
    pub(crate) name: &'static str,
    /// Which of the programs.
    pub(crate) reader: &'static str,
    pub(crate) about: &'static str,
}

const fn of(name: &'static str, reader: &'static str, about: &'static str) -> Variable {
    Variable { name, reader, about }
}

/// Ours first, then those of others.
pub(crate) const VARIABLES: [Variable; 14] = [
    of("TAILHOOK_HOME", "both", "one folder for everything, from / on; without it, the folders of the platform"),
    of("TAILHOOK_DISABLE", "hook", "1: the hook reads its input and does nothing"),
    of("TAILHOOK_HOOK_DEBUG", "hook", "1: each event says where the hook's time went"),
    of("TAILHOOK_PORT", "tailhook", "the daemon's port"),
    of(
        "TAILHOOK_LEGACY_WS",
        "tailhook",
        "1: the daemon answers the historic protocol too, without a token; 0: it does not",
    ),
    of("TAILHOOK_LOG", "tailhook", "what the daemon writes to its log, e.g. debug"),
    of("NO_COLOR", "tailhook", "set: no colours"),
    of("TERM", "tailhook", "dumb: no colours, and no watch"),
    of("LC_ALL, LC_CTYPE, LANG", "tailhook", "a character set other than UTF-8: watch draws with ASCII alone"),
    of("TZ", "tailhook", "the zone of times that are shown"),
    of("HOME", "tailhook", "where agents keep their settings"),
    of(
        "XDG_STATE_HOME, XDG_CONFIG_HOME",
        "tailhook",
        "where database, token and config.toml are, without TAILHOOK_HOME",
    ),
    of("CLAUDE_CONFIG_DIR, CODEX_HOME", "tailhook", "where an agent keeps its settings, if not in its usual folder"),
    of("DISPLAY, WAYLAND_DISPLAY", "tailhook", "whether open can show a browser"),
];
