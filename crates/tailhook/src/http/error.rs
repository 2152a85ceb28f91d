//! Answers that say what went wrong: `{"error":..,"hint":..}`, for an expression with `position`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use serde::Serialize;

use crate::store::StoreError;

/// A request that could not be answered.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    said: Said,
}

/// What went wrong.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Failure")]
pub(super) struct Said {
    /// For people.
    error: String,
    /// What to do about it.
    hint: String,
    /// Where in a filter expression, in characters from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<usize>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, said: Said { error: error.into(), hint: hint.into(), position: None } }
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, hint)
    }

    /// Where in what was sent, in characters from 0.
    pub(crate) fn at(mut self, position: usize) -> Self {
        self.said.position = Some(position);
        self
    }

    /// There is no such thing.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("no such {what}"), "GET /api/v1/sessions lists what there is")
    }

    /// The store fails: not the client's fault, and it passes.
    pub(crate) fn store(error: &StoreError) -> Self {
        tracing::warn!("{error}");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), error.hint())
    }

    /// A bug of ours.
    pub(crate) fn internal(error: impl std::fmt::Display) -> Self {
        tracing::error!("{error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "this is a bug in tailhook", "see the daemon's log")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        (self.status, Json(self.said)).into_response()
    }
}
