//! What a handler answers, read off its type.

use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Serialize;

use super::super::error::Failure;

/// 202 with JSON.
pub(crate) struct Accepted<T>(pub(crate) T);

/// 200 with bytes that are nobody's business to interpret.
pub(crate) struct Octets(pub(crate) Vec<u8>);

/// 200 in Prometheus's text format.
pub(crate) struct PlainText(pub(crate) String);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}

impl IntoResponse for Octets {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "application/octet-stream")], self.0).into_response()
    }
}

impl IntoResponse for PlainText {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], self.0).into_response()
    }
}

/// A status, and what the body is.
pub(crate) struct Told {
    pub(crate) status: u16,
    pub(crate) media: &'static str,
    pub(crate) schema: Schema,
}

/// A handler's answer when all goes well.
pub(crate) trait Answer {
    /// None: its type does not say.
    fn told(generator: &mut SchemaGenerator) -> Option<Told>;
}

impl<T: JsonSchema> Answer for Json<T> {
    fn told(generator: &mut SchemaGenerator) -> Option<Told> {
        Some(Told { status: 200, media: "application/json", schema: generator.subschema_for::<T>() })
    }
}

impl<T: JsonSchema> Answer for Accepted<T> {
    fn told(generator: &mut SchemaGenerator) -> Option<Told> {
        Some(Told { status: 202, media: "application/json", schema: generator.subschema_for::<T>() })
    }
}

impl Answer for Octets {
    fn told(_: &mut SchemaGenerator) -> Option<Told> {
        Some(Told { status: 200, media: "application/octet-stream", schema: json_schema!({}) })
    }
}

impl Answer for PlainText {
    fn told(_: &mut SchemaGenerator) -> Option<Told> {
        Some(Told { status: 200, media: "text/plain", schema: json_schema!({ "type": "string" }) })
    }
}

impl Answer for Response {
    fn told(_: &mut SchemaGenerator) -> Option<Told> {
        None
    }
}

impl<A: Answer> Answer for Result<A, Failure> {
    fn told(generator: &mut SchemaGenerator) -> Option<Told> {
        A::told(generator)
    }
}

/// A handler whose answer is known. `Arguments` only tells handlers with different numbers of them apart.
pub(crate) trait Answers<Arguments> {
    type Answer: Answer;
}

macro_rules! answers {
    ($($argument:ident),*) => {
        impl<F, Told, Output, $($argument),*> Answers<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Told,
            Told: Future<Output = Output>,
            Output: Answer,
        {
            type Answer = Output;
        }
    };
}

answers!();
answers!(A);
answers!(A, B);
answers!(A, B, C);
answers!(A, B, C, D);
