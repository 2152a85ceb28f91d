//! Answers that say what went wrong: `{"error":..,"hint":..}`, for an expression with `position`.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// A request that could not be answered.
#[derive(Debug)]
pub(crate) struct Failure {
    status: StatusCode,
    error: String,
    hint: String,
    position: Option<usize>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { status, error: error.into(), hint: hint.into(), position: None }
    }

    /// The request makes no sense.
    pub(crate) fn bad_request(error: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, error, hint)
    }

    /// Where in what was sent, in characters from 0.
    pub(crate) fn at(self, position: usize) -> Self {
        Self { position: Some(position), ..self }
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
        let mut body = json!({ "error": self.error, "hint": self.hint });
        if let Some(position) = self.position {
            body["position"] = position.into();
        }
        (self.status, Json(body)).into_response()
    }
}
