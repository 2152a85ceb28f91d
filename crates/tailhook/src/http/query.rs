//! What stands behind the question mark.

use axum::extract::Query;
use axum::http::Uri;

/// One value of the query, decoded; the first if the name stands there twice.
pub(super) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let query: Query<Vec<(String, String)>> = Query::try_from_uri(uri).ok()?;
    query.0.into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}
