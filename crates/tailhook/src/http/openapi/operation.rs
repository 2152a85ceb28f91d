//! What a handler's type does not say: what it is for, what stands in the query, which errors are to be expected.

use serde_json::{Map, Value, json};

/// What one value of the query, or one part of the path, is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Kind {
    /// A whole number from 0.
    Number,
    /// Any text.
    Text,
    /// One of these, and nothing else.
    OneOf(&'static [&'static str]),
    /// What matches this regular expression.
    Pattern(&'static str),
}

impl Kind {
    fn schema(self) -> Value {
        match self {
            Self::Number => json!({ "type": "integer", "format": "uint64", "minimum": 0 }),
            Self::Text => json!({ "type": "string" }),
            Self::OneOf(names) => json!({ "type": "string", "enum": names }),
            Self::Pattern(pattern) => json!({ "type": "string", "pattern": pattern }),
        }
    }
}

/// One value of the query, or one part of the path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) text: &'static str,
}

/// An answer that the handler's type does not tell: status, media type, what it is.
type Other = (u16, Option<&'static str>, &'static str);

/// One route, described.
pub(crate) struct Operation {
    id: &'static str,
    tag: &'static str,
    summary: &'static str,
    query: Vec<Parameter>,
    path: Option<Parameter>,
    body: Option<&'static str>,
    others: Vec<Other>,
    pub(super) errors: Vec<u16>,
    open: bool,
}

/// Begins the description of a route: a name for programs, which part of the API it belongs to, and what it gives.
pub(crate) fn about(id: &'static str, tag: &'static str, summary: &'static str) -> Operation {
    Operation {
        id,
        tag,
        summary,
        query: Vec::new(),
        path: None,
        body: None,
        others: Vec::new(),
        errors: vec![403],
        open: false,
    }
}

impl Operation {
    /// Takes these in the query, none of them required; a wrong one is a 400.
    pub(crate) fn query(mut self, parameters: &[Parameter]) -> Self {
        self.query.extend_from_slice(parameters);
        self.errors.push(400);
        self
    }

    /// Takes this in its path.
    pub(crate) fn path(mut self, parameter: Parameter) -> Self {
        self.path = Some(parameter);
        self.errors.push(400);
        self
    }

    /// Takes JSON as its body.
    pub(crate) fn body(mut self, text: &'static str) -> Self {
        self.body = Some(text);
        self
    }

    /// Also answers this.
    pub(crate) fn answers(mut self, status: u16, media: Option<&'static str>, text: &'static str) -> Self {
        self.others.push((status, media, text));
        self
    }

    /// May fail with these, beside what follows from the rest.
    pub(crate) fn fails(mut self, statuses: &[u16]) -> Self {
        self.errors.extend_from_slice(statuses);
        self
    }

    /// Needs no token.
    pub(crate) fn open(mut self) -> Self {
        self.open = true;
        self
    }

    /// As OpenAPI has it, with no answer yet but those that the handler's type does not tell.
    pub(super) fn object(&self) -> Map<String, Value> {
        let parameter = |place: &str, parameter: &Parameter| {
            json!({
                "name": parameter.name, "in": place, "required": place == "path",
                "description": parameter.text, "schema": parameter.kind.schema(),
            })
        };
        let path = self.path.iter().map(|found| parameter("path", found));
        let parameters: Vec<_> = path.chain(self.query.iter().map(|found| parameter("query", found))).collect();
        let mut object = Map::from_iter([
            ("operationId".to_owned(), self.id.into()),
            ("tags".to_owned(), json!([self.tag])),
            ("summary".to_owned(), self.summary.into()),
        ]);
        if !parameters.is_empty() {
            object.insert("parameters".into(), parameters.into());
        }
        if let Some(text) = self.body {
            let content = json!({ "application/json": { "schema": {} } });
            object.insert("requestBody".into(), json!({ "required": true, "description": text, "content": content }));
        }
        if self.open {
            object.insert("security".into(), json!([]));
        }
        let responses = self.others.iter().map(|(status, media, text)| {
            let kind = |media| if media == "application/json" { "object" } else { "string" };
            let content = media.map(|media| json!({ media: { "schema": { "type": kind(media) } } }));
            let response = match content {
                Some(content) => json!({ "description": text, "content": content }),
                None => json!({ "description": text }),
            };
            (status.to_string(), response)
        });
        object.insert("responses".into(), Value::Object(responses.collect()));
        object
    }

    /// The statuses of failures.
    pub(super) fn failures(&self) -> Vec<u16> {
        let token = (!self.open).then_some(401);
        let mut all: Vec<u16> = self.errors.iter().copied().chain(token).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}
