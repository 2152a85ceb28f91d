//! Which secrets are removed: can change while events come.

use std::sync::{Arc, PoisonError, RwLock};

use tailhook_core::Redaction;

/// What all who read events use. A clone is the same one.
#[derive(Debug, Clone)]
pub(crate) struct SharedRedaction(Arc<RwLock<Redaction>>);

impl SharedRedaction {
    /// What holds now. Cheap: patterns are shared.
    pub(crate) fn get(&self) -> Redaction {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// For what is read from now on.
    pub(crate) fn set(&self, redaction: Redaction) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = redaction;
    }
}

impl From<Redaction> for SharedRedaction {
    fn from(redaction: Redaction) -> Self {
        Self(Arc::new(RwLock::new(redaction)))
    }
}
