//! Pages of events, by whatever finds them fastest.
//!
//! All events and those of one session are read as they lie. Everything else is looked for in the search index, newest
//! or oldest first, and what the index does not hold yet is read as it lies. Each event that is found is asked whether it
//! matches; an index only says where to look.

use std::sync::Arc;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};
use tailhook_core::Expression;
use tailhook_core::filter::{Candidates, Subject};

use super::reader::{EVENT, Reader};
use super::search::{Bounds, Lookup};
use super::writer::Stored;
use super::{StoreError, sql};

/// Which events are wanted. Empty lists and `None` mean: any.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventQuery {
    pub(crate) sessions: Vec<String>,
    /// Whole names, or beginnings that end in `*`.
    pub(crate) kinds: Vec<String>,
    pub(crate) agents: Vec<String>,
    /// What else must hold.
    pub(crate) expression: Arc<Expression>,
    /// Only events after this one, oldest first.
    pub(crate) since: Option<u64>,
    /// Only events before this one, the newest of them.
    pub(crate) before: Option<u64>,
    /// With their payloads; without, those of the events are empty.
    pub(crate) payload: bool,
    /// At most so many.
    pub(crate) limit: usize,
}

/// A page of events, oldest first. It may hold fewer than asked for, or none, where there are more.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) events: Vec<Stored>,
    /// Where the next page in the same direction begins: the new `since` or `before`. None: there is no more.
    pub(crate) next: Option<u64>,
}

/// A page ends here even if it is not full: the next one goes on where it ended. Nobody waits for long, and a question
/// that few events answer holds up nobody else.
const MAX_LOOKED_AT: usize = 10_000;

/// A page as it fills.
struct Filling {
    expression: Expression,
    limit: usize,
    with_payload: bool,
    keep_payload: bool,
    events: Vec<Stored>,
    looked_at: usize,
    seen: u64,
    next: Option<u64>,
}

impl Reader {
    /// A page of events.
    pub(crate) fn events(&self, query: &EventQuery) -> Result<Page, StoreError> {
        let bounds = Bounds {
            after: query.since.unwrap_or(0),
            before: query.before.unwrap_or(u64::MAX).min(i64::MAX as u64).max(1),
            forward: query.since.is_some(),
        };
        let expression = query.expression.as_ref().clone().and_one_of(&query.sessions, &query.kinds, &query.agents);
        let mut filling = Filling {
            limit: query.limit,
            with_payload: query.payload || expression.reads_payload(),
            keep_payload: query.payload,
            expression,
            events: Vec::new(),
            looked_at: 0,
            seen: 0,
            next: None,
        };
        self.fill(query, bounds, &mut filling).map_err(sql("read events"))?;
        if !bounds.forward {
            filling.events.reverse();
        }
        Ok(Page { events: filling.events, next: filling.next })
    }

    fn fill(&self, query: &EventQuery, bounds: Bounds, filling: &mut Filling) -> rusqlite::Result<()> {
        let is_simple = query.agents.is_empty() && query.expression.is_empty();
        match (query.sessions.as_slice(), query.kinds.as_slice()) {
            (_, _) if !is_simple => {}
            ([], []) => return self.scan("", None, bounds, filling).map(drop),
            ([session], []) => {
                let condition = "event.session = (SELECT id FROM session WHERE session_id = ?3) AND";
                return self.scan(condition, Some(session), bounds, filling).map(drop);
            }
            _ => {}
        }
        let candidates = filling.expression.candidates();
        if candidates == Candidates::Everything {
            return self.scan("", None, bounds, filling).map(drop);
        }
        let Some(mut lookup) = self.take_lookup() else { return self.scan("", None, bounds, filling).map(drop) };
        let result = lookup.begin().and_then(|()| self.look_up(&lookup, &candidates, bounds, filling));
        lookup.end();
        self.keep_lookup(lookup, result.is_ok());
        result
    }

    /// Through the index, and beyond its end as the events lie.
    fn look_up(
        &self,
        lookup: &Lookup,
        candidates: &Candidates,
        bounds: Bounds,
        filling: &mut Filling,
    ) -> rusqlite::Result<()> {
        let beyond = Bounds { after: bounds.after.max(lookup.indexed), ..bounds };
        if !bounds.forward && !self.scan("", None, beyond, filling)? {
            return Ok(());
        }
        let mut full = false;
        lookup.find(candidates, bounds, |seq| {
            // The index may still hold one that has been removed.
            let Some(event) = self.one(seq, filling.with_payload)? else { return Ok(true) };
            full = !filling.take(event);
            Ok(!full)
        })?;
        if bounds.forward && !full {
            self.scan("", None, beyond, filling)?;
        }
        Ok(())
    }

    /// Events as they lie. False: the page has ended.
    fn scan(
        &self,
        condition: &str,
        value: Option<&String>,
        bounds: Bounds,
        filling: &mut Filling,
    ) -> rusqlite::Result<bool> {
        let order = if bounds.forward { "ASC" } else { "DESC" };
        let mut select = self.connection.prepare_cached(&format!(
            "{EVENT} WHERE {condition} event.seq > ?1 AND event.seq < ?2 ORDER BY event.seq {order}"
        ))?;
        let mut values = vec![Value::Integer(bounds.after as i64), Value::Integer(bounds.before as i64)];
        values.extend(value.map(|value| Value::Text(value.clone())));
        let mut rows = select.query(params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            if let Some(event) = self.readable(row, filling.with_payload)?
                && !filling.take(event)
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn one(&self, seq: u64, with_payload: bool) -> rusqlite::Result<Option<Stored>> {
        self.connection
            .prepare_cached(&format!("{EVENT} WHERE event.seq = ?1"))?
            .query_row([seq], |row| self.readable(row, with_payload))
            .optional()
            .map(Option::flatten)
    }

    /// All events after one and up to another, in their order.
    pub(super) fn each(
        &self,
        since: u64,
        until: u64,
        mut see: impl FnMut(&Stored) -> rusqlite::Result<()>,
    ) -> Result<(), StoreError> {
        let mut read = || -> rusqlite::Result<()> {
            let mut select = self
                .connection
                .prepare_cached(&format!("{EVENT} WHERE event.seq > ?1 AND event.seq <= ?2 ORDER BY event.seq"))?;
            let mut rows = select.query([since, until])?;
            while let Some(row) = rows.next()? {
                if let Some(event) = self.readable(row, true)? {
                    see(&event)?;
                }
            }
            Ok(())
        };
        read().map_err(sql("read events"))
    }
}

impl Filling {
    /// Takes an event that matches. False: the page has ended before this one, and there is more.
    fn take(&mut self, mut event: Stored) -> bool {
        if self.events.len() == self.limit || self.looked_at == MAX_LOOKED_AT {
            self.next = Some(self.seen);
            return false;
        }
        self.seen = event.envelope.seq;
        self.looked_at += 1;
        if self.expression.is_empty()
            || self.expression.matches(Subject::new(&event.envelope, event.stamp_ns, &event.payload))
        {
            if !self.keep_payload {
                event.payload = Vec::new();
            }
            self.events.push(event);
        }
        true
    }
}
