//! A route and its description, in one call.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, get, post};
use serde_json::Value;

use super::super::Shared;
use super::answer::{Answer, Answers};
use super::document::Document;
use super::operation::Operation;

/// Routes that know what they are.
pub(crate) struct Routes {
    router: Router<Arc<Shared>>,
    document: Document,
}

impl Routes {
    pub(crate) fn new() -> Self {
        Self { router: Router::new(), document: Document::new() }
    }

    /// Answers GET and HEAD.
    pub(crate) fn get<H, T, A>(self, path: &'static str, handler: H, operation: &Operation) -> Self
    where
        H: Handler<T, Arc<Shared>> + Answers<A>,
        T: 'static,
    {
        self.add::<H, A>(path, "get", get(handler), operation)
    }

    /// Answers POST. `body_bytes` is the most that is read.
    pub(crate) fn post<H, T, A>(self, path: &'static str, handler: H, body_bytes: usize, operation: &Operation) -> Self
    where
        H: Handler<T, Arc<Shared>> + Answers<A>,
        T: 'static,
    {
        let limit = axum::extract::DefaultBodyLimit::max(body_bytes);
        self.add::<H, A>(path, "post", post(handler).layer(limit), operation)
    }

    fn add<H: Answers<A>, A>(
        mut self,
        path: &'static str,
        method: &'static str,
        handler: MethodRouter<Arc<Shared>>,
        operation: &Operation,
    ) -> Self {
        self.document.add(path, method, operation, <H::Answer as Answer>::told);
        Self { router: self.router.route(path, handler), document: self.document }
    }

    /// For requests.
    pub(crate) fn router(self) -> Router<Arc<Shared>> {
        self.router
    }

    /// For people and programs.
    pub(crate) fn document(self) -> Value {
        self.document.finish()
    }
}
