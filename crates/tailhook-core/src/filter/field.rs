//! What can be asked about an event by name.

use super::subject::Subject;

/// A field whose value is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Type,
    Session,
    Agent,
    Event,
    ToolName,
    ToolUseId,
    AgentId,
    AgentType,
    PromptId,
    Cwd,
    Project,
    PermissionMode,
    Model,
    Reason,
    Summary,
}

/// A field whose value is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    Seq,
    Time,
    Duration,
    Bytes,
    HookUs,
    DeliveryUs,
    Redacted,
}

/// A field that is so or not so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Flag {
    Failed,
    Truncated,
}

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Text(Field),
    Number(Number),
    Flag(Flag),
}

/// Every name, the canonical one of each field first.
const NAMES: &[(&str, Name)] = &[
    ("type", Name::Text(Field::Type)),
    ("session", Name::Text(Field::Session)),
    ("session_id", Name::Text(Field::Session)),
    ("agent", Name::Text(Field::Agent)),
    ("event", Name::Text(Field::Event)),
    ("tool_name", Name::Text(Field::ToolName)),
    ("tool", Name::Text(Field::ToolName)),
    ("tool_use_id", Name::Text(Field::ToolUseId)),
    ("agent_id", Name::Text(Field::AgentId)),
    ("agent_type", Name::Text(Field::AgentType)),
    ("prompt_id", Name::Text(Field::PromptId)),
    ("cwd", Name::Text(Field::Cwd)),
    ("project", Name::Text(Field::Project)),
    ("permission_mode", Name::Text(Field::PermissionMode)),
    ("mode", Name::Text(Field::PermissionMode)),
    ("model", Name::Text(Field::Model)),
    ("reason", Name::Text(Field::Reason)),
    ("summary", Name::Text(Field::Summary)),
    ("failed", Name::Flag(Flag::Failed)),
    ("truncated", Name::Flag(Flag::Truncated)),
    ("seq", Name::Number(Number::Seq)),
    ("time", Name::Number(Number::Time)),
    ("duration", Name::Number(Number::Duration)),
    ("bytes", Name::Number(Number::Bytes)),
    ("hook_us", Name::Number(Number::HookUs)),
    ("delivery_us", Name::Number(Number::DeliveryUs)),
    ("redacted", Name::Number(Number::Redacted)),
];

impl Name {
    /// What this name stands for.
    pub(super) fn find(name: &str) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == name).map(|(_, meaning)| *meaning)
    }

    /// The field's canonical name.
    pub(super) fn text(self) -> &'static str {
        NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The name that was meant, if one is close.
    pub(super) fn closest(wrong: &str) -> Option<&'static str> {
        let plain = |name: &str| name.chars().filter(|c| *c != '_').collect::<String>();
        let wrong = plain(wrong);
        let close = |name: &&str| {
            let name = plain(name);
            wrong.len() >= 3 && (name.starts_with(&wrong) || differs_by_one(&name, &wrong))
        };
        NAMES.iter().map(|(name, _)| *name).find(close)
    }

    /// All canonical names, for a hint.
    pub(super) fn all() -> String {
        let canonical = NAMES.iter().filter(|(name, meaning)| meaning.text() == *name).map(|(name, _)| *name);
        canonical.collect::<Vec<_>>().join(", ")
    }
}

/// Every field that an expression can ask about, for a help text: canonical names, with commas between them.
pub fn field_names() -> String {
    Name::all()
}

/// One letter more, less or other, or two swapped.
fn differs_by_one(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let same = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let after = |bytes: &[u8], n: usize| bytes.get(n..).unwrap_or_default().to_vec();
    after(a, 1) == b
        || a == after(b, 1)
        || after(a, 1) == after(b, 1)
        || (a.len() >= 2 && b.len() >= 2 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..])
}

impl Field {
    /// Ids and paths are told apart by case; names are not.
    pub(super) fn is_exact(self) -> bool {
        matches!(self, Self::Session | Self::ToolUseId | Self::AgentId | Self::PromptId | Self::Cwd | Self::Project)
    }

    /// The event's value; none and empty are the same.
    pub(super) fn of<'s>(self, subject: &'s Subject<'_>) -> Option<&'s str> {
        let data = subject.data;
        let value = match self {
            Self::Type => Some(subject.kind),
            Self::Session => Some(subject.session_id),
            Self::Agent => Some(subject.agent),
            Self::Event => data.event.as_deref(),
            Self::ToolName => data.tool_name.as_deref(),
            Self::ToolUseId => data.tool_use_id.as_deref(),
            Self::AgentId => data.agent_id.as_deref(),
            Self::AgentType => data.agent_type.as_deref(),
            Self::PromptId => data.prompt_id.as_deref(),
            Self::Cwd => data.cwd.as_deref(),
            Self::Project => subject.project(),
            Self::PermissionMode => data.permission_mode.as_deref(),
            Self::Model => data.model.as_deref(),
            Self::Reason => data.reason.as_deref(),
            Self::Summary => Some(data.summary.as_str()),
        };
        value.filter(|value| !value.is_empty())
    }
}

impl Number {
    /// The event's value, in the unit that the parser reads it into: microseconds for durations, nanoseconds since the
    /// Unix epoch for times.
    pub(super) fn of(self, subject: &Subject<'_>) -> Option<u64> {
        let data = subject.data;
        match self {
            Self::Seq => Some(subject.seq),
            Self::Time => Some(subject.stamp_ns),
            Self::Duration => data.duration_ms.map(|ms| ms.saturating_mul(1_000)),
            Self::Bytes => Some(data.bytes),
            Self::HookUs => Some(data.hook_us),
            Self::DeliveryUs => Some(data.delivery_us),
            Self::Redacted => Some(u64::from(data.redacted)),
        }
    }
}

impl Flag {
    pub(super) fn of(self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Failed => subject.data.failed,
            Self::Truncated => subject.data.truncated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn near_misses_are_told() {
        for (wrong, meant) in [
            ("toolname", "tool_name"),
            ("sesion", "session"),
            ("tpye", "type"),
            ("dur", "duration"),
            ("permision_mode", "permission_mode"),
        ] {
            assert_eq!(Name::closest(wrong), Some(meant), "{wrong}");
        }
        assert_eq!(Name::closest("xyz"), None);
    }
}
