//! Names that come with every event and are mostly one of a few.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize};

/// The name of an event, an agent or a tool. One that is known takes no memory of its own.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Name(Cow<'static, str>);

/// The same text, where it is one of these.
macro_rules! known {
    ($($name:literal)*) => {
        fn known(text: &str) -> Option<&'static str> {
            match text {
                $($name => Some($name),)*
                _ => None,
            }
        }
    };
}

// What agents say most often, and what it is called here.
known! {
    "PreToolUse" "PostToolUse" "PostToolUseFailure" "PostToolBatch" "PermissionRequest" "MessageDisplay"
    "UserPromptSubmit" "SessionStart" "SessionEnd" "SubagentStart" "SubagentStop" "Notification" "Stop"
    "PreCompact" "BeforeTool" "AfterTool" "hook.pre_tool_use" "hook.post_tool_use" "hook.post_tool_use_failure"
    "hook.post_tool_batch" "hook.permission_request" "hook.message_display" "hook.user_prompt" "hook.session_start"
    "hook.session_end" "hook.subagent_start" "hook.subagent_stop" "hook.notification" "hook.stop"
    "hook.pre_compact" "claude-code" "codex" "gemini-cli" "cursor" "external" "Bash" "Read" "Edit" "Write" "Grep"
    "Glob" "Task" "WebFetch" "TodoWrite"
}

impl Name {
    /// This text.
    pub fn of(text: &str) -> Self {
        Self(known(text).map_or_else(|| text.to_owned().into(), Cow::Borrowed))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for Name {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl From<String> for Name {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into_owned()
    }
}

impl PartialEq<str> for Name {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Name {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, formatter)
    }
}

impl<'de> Deserialize<'de> for Name {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| Self::of(&text))
    }
}

impl JsonSchema for Name {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        String::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_is_not_copied() {
        for text in ["PreToolUse", "hook.stop", "claude-code", "Bash"] {
            assert!(matches!(Name::of(&String::from(text)).0, Cow::Borrowed(_)), "{text}");
        }
        for text in ["", "Bas", "Bash ", "mcp__a__b"] {
            assert!(matches!(Name::of(text).0, Cow::Owned(_)), "{text}");
        }
    }

    #[test]
    fn it_is_its_text() {
        for text in ["Bash", "bash", "\"\n\u{1}ü"] {
            let name = Name::of(text);
            assert_eq!(
                (name.as_str(), name.to_string(), format!("{name:?}")),
                (text, text.into(), format!("{text:?}"))
            );
            let json = serde_json::to_string(&name).expect("JSON");
            assert_eq!(json, serde_json::to_string(text).expect("JSON"));
            assert_eq!(serde_json::from_str::<Name>(&json).expect("a name"), name);
            assert!(name == *text);
            assert_eq!(String::from(name), text);
        }
    }
}
