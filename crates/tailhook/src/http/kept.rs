//! How much is stored, and when it goes.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;

use super::Shared;
use super::error::Failure;
use crate::store::{Extent, Reader, Retention};

const DAY_NS: u64 = 24 * 60 * 60 * 1_000_000_000;

/// What is stored, and what of it goes: the oldest events first. An export keeps them.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Kept {
    /// Time of the oldest event.
    since: Option<String>,
    /// Size of the store, without the room in it that is free.
    bytes: u64,
    /// Events older than so many days are removed; none: never for their age.
    max_days: Option<u64>,
    /// The oldest are removed while the store is larger; none: never for its size.
    max_bytes: Option<u64>,
}

/// Looks at the store.
pub(super) async fn kept(shared: &Arc<Shared>) -> Result<Kept, Failure> {
    let Extent { oldest_ns, bytes } = extent(shared).await?;
    let Retention { max_age_ns, max_bytes } = shared.retention;
    Ok(Kept { since: oldest_ns.map(timestamp_text), bytes, max_days: max_age_ns.map(|age| age / DAY_NS), max_bytes })
}

/// The same without its limits.
pub(super) async fn extent(shared: &Arc<Shared>) -> Result<Extent, Failure> {
    shared.read(Reader::extent).await
}
