//! The whole document.

use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::super::error::Said;
use super::answer::Told;
use super::operation::Operation;
use super::schema;

/// Grows by one route at a time.
pub(super) struct Document {
    generator: SchemaGenerator,
    paths: Map<String, Value>,
}

impl Document {
    pub(super) fn new() -> Self {
        Self { generator: schema::generator(), paths: Map::new() }
    }

    pub(super) fn add(
        &mut self,
        path: &str,
        method: &str,
        operation: &Operation,
        told: fn(&mut SchemaGenerator) -> Option<Told>,
    ) {
        let mut object = operation.object();
        let responses = &mut object["responses"];
        if let Some(Told { status, media, schema }) = told(&mut self.generator) {
            responses[status.to_string()] =
                json!({ "description": "As asked for.", "content": { media: { "schema": schema } } });
        }
        let failure = self.generator.subschema_for::<Said>();
        for status in operation.failures() {
            responses[status.to_string()] = json!({
                "description": meaning(status),
                "content": { "application/json": { "schema": failure } },
            });
        }
        self.paths.entry(path).or_insert_with(|| json!({}))[method] = object.into();
    }

    pub(super) fn finish(mut self) -> Value {
        let schemas = self.generator.take_definitions(true);
        json!({
            "openapi": "3.1.0",
            "info": {
                "title": "tailhook",
                "version": env!("CARGO_PKG_VERSION"),
                "summary": "What coding agents do, live and complete.",
                "description": "Times are RFC 3339 in UTC with microseconds. A name that ends in `_us`, `_ms`, `_s` or \
                    `_bytes` says its unit. A field that does not apply is left out. Programs should ignore fields \
                    that they do not know.",
                "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
            },
            "servers": [{ "url": "/" }],
            "security": [{ "token": [] }],
            "paths": self.paths,
            "components": {
                "schemas": schemas,
                "securitySchemes": {
                    "token": {
                        "type": "http",
                        "scheme": "bearer",
                        "description": "What `tailhook token` prints. A browser has it in a cookie that the login sets.",
                    },
                },
            },
        })
    }
}

/// What a status says here.
fn meaning(status: u16) -> &'static str {
    match status {
        400 => "Something in the request makes no sense.",
        401 => "The token is missing or wrong.",
        403 => "The Host or the Origin is not the daemon's own.",
        404 => "There is no such thing.",
        413 => "The body is too large.",
        503 => "The store or the journal fails; try again.",
        _ => "Something went wrong.",
    }
}
