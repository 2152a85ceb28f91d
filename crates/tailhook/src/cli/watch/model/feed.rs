//! The rows that are loaded, those of them that are shown, and where the reader stands.

use std::collections::VecDeque;

use super::kind::Phase;
use super::row::Row;
use super::span::{Outcome, Spans};

/// More are not kept: a filter finds what is older.
const MAX_ROWS: usize = 20_000;

/// How calls are shown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum View {
    /// A row for each event.
    #[default]
    Events,
    /// A row for each call, with how it ended.
    Calls,
}

/// Rows in the order of their seq.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    rows: VecDeque<Row>,
    spans: Spans,
    /// Places in `rows` of what is shown, as of the last [`Self::settle`].
    shown: Vec<usize>,
    stale: bool,
    view: View,
    failed_only: bool,
    /// Where the page before the first row begins, if there is one.
    older: Option<u64>,
    asked_older: bool,
    /// The row the reader stands on; none: the newest, whichever that is.
    cursor: Option<u64>,
    /// First place in `shown` that is in the picture, and how many are.
    top: usize,
    height: usize,
    /// Rows that came while the reader stood further up.
    unseen: usize,
}

impl Feed {
    /// Other rows in place of all that were there.
    pub(crate) fn replace(&mut self, rows: Vec<Row>, older: Option<u64>) {
        self.rows = rows.into();
        self.spans = Spans::of(&self.rows);
        (self.older, self.asked_older, self.unseen, self.cursor, self.stale) = (older, false, 0, None, true);
    }

    /// What was stored since.
    pub(crate) fn append(&mut self, rows: Vec<Row>) {
        for row in rows {
            if self.rows.back().is_some_and(|newest| newest.seq >= row.seq) {
                continue;
            }
            self.spans.add(&row);
            self.rows.push_back(row);
            self.unseen += usize::from(self.cursor.is_some());
        }
        if self.rows.len() > MAX_ROWS {
            // A good many at once: the calls have to be paired anew.
            self.rows.drain(..MAX_ROWS / 10);
            self.spans = Spans::of(&self.rows);
            self.older = self.rows.front().map(|row| row.seq);
        }
        self.stale = true;
    }

    /// What was stored before.
    pub(crate) fn prepend(&mut self, rows: Vec<Row>, older: Option<u64>) {
        let oldest = self.rows.front().map_or(u64::MAX, |row| row.seq);
        for row in rows.into_iter().rev().filter(|row| row.seq < oldest) {
            self.rows.push_front(row);
        }
        self.spans = Spans::of(&self.rows);
        (self.older, self.asked_older, self.stale) = (older, false, true);
    }

    /// Works out what is shown, in a picture of so many rows.
    pub(crate) fn settle(&mut self, height: usize) {
        if std::mem::take(&mut self.stale) {
            self.shown = (0..self.rows.len()).filter(|place| self.shows(&self.rows[*place])).collect();
        }
        self.height = height;
        let last_top = self.shown.len().saturating_sub(height);
        let Some(at) = self.cursor_place() else {
            self.top = last_top;
            return;
        };
        // The cursor keeps a row of company on either side where there is room.
        let margin = usize::from(height > 4);
        let highest = (at + margin + 1).saturating_sub(height);
        self.top = self.top.clamp(highest, at.saturating_sub(margin).max(highest)).min(last_top);
    }

    fn shows(&self, row: &Row) -> bool {
        let span = self.spans.get(&row.tool_use_id).filter(|_| self.view == View::Calls);
        let folded = row.phase == Phase::End && span.is_some_and(|span| span.begin_seq > 0)
            || row.phase == Phase::Batch && self.view == View::Calls;
        let failed = row.failed || span.is_some_and(|span| span.outcome == Outcome::Failed);
        !folded && (!self.failed_only || failed)
    }

    /// The rows of the picture, from the top.
    pub(crate) fn picture(&self) -> impl Iterator<Item = &Row> {
        self.shown.iter().skip(self.top).take(self.height).map(|place| &self.rows[*place])
    }

    pub(crate) fn spans(&self) -> &Spans {
        &self.spans
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(crate) fn view(&self) -> View {
        self.view
    }

    pub(crate) fn failed_only(&self) -> bool {
        self.failed_only
    }

    pub(crate) fn cursor(&self) -> Option<u64> {
        self.cursor
    }

    pub(crate) fn unseen(&self) -> usize {
        self.unseen
    }

    /// The event to open for the cursor's row: for a folded call the one that holds its result as well.
    pub(crate) fn telling_seq(&self) -> Option<u64> {
        let row = match self.cursor_place() {
            Some(place) => &self.rows[*self.shown.get(place)?],
            None => &self.rows[*self.shown.last()?],
        };
        let span = self.spans.get(&row.tool_use_id).filter(|_| self.view == View::Calls && row.phase == Phase::Begin);
        Some(span.map_or(row.seq, |span| if span.end_seq > 0 { span.end_seq } else { row.seq }))
    }

    /// Steps of the cursor; from the end it starts at the newest row.
    pub(crate) fn move_by(&mut self, steps: isize) {
        let Some(last) = self.shown.len().checked_sub(1) else { return };
        let to = match self.cursor_place() {
            Some(place) => place.saturating_add_signed(steps),
            None if steps > 0 => return,
            None => last.saturating_add_signed(steps + 1),
        };
        // Stepping past the end is how one follows again.
        if to > last {
            self.go_to_end();
        } else {
            self.stand_on(to);
        }
    }

    pub(crate) fn go_to_start(&mut self) {
        if !self.shown.is_empty() {
            self.stand_on(0);
        }
    }

    /// Follows what comes.
    pub(crate) fn go_to_end(&mut self) {
        (self.cursor, self.unseen) = (None, 0);
    }

    pub(crate) fn turn_view(&mut self) {
        self.view = if self.view == View::Events { View::Calls } else { View::Events };
        self.stale = true;
    }

    pub(crate) fn turn_failed_only(&mut self) {
        self.failed_only = !self.failed_only;
        self.stale = true;
    }

    /// The event before which older ones are wanted: the reader has come near the first that is loaded. Asked once.
    pub(crate) fn wants_older(&mut self) -> Option<u64> {
        let near = self.cursor_place().is_some_and(|place| place < self.height.max(1));
        // A filter may leave less than a picture of what is loaded.
        let short = self.shown.len() < self.height;
        if self.asked_older || !(near || short) || self.rows.len() >= MAX_ROWS {
            return None;
        }
        self.asked_older = self.older.is_some();
        self.older
    }

    fn stand_on(&mut self, place: usize) {
        self.cursor = self.shown.get(place).map(|place| self.rows[*place].seq);
    }

    /// Where the cursor stands in `shown`; where its row is hidden or gone, the next one.
    fn cursor_place(&self) -> Option<usize> {
        let seq = self.cursor?;
        let place = self.shown.partition_point(|place| self.rows[*place].seq < seq);
        self.shown.len().checked_sub(1).map(|last| place.min(last))
    }

    /// Whether the cursor's row is this one.
    pub(crate) fn stands_on(&self, row: &Row) -> bool {
        self.cursor_place().is_some_and(|place| self.rows[self.shown[place]].seq == row.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::row;
    use super::*;

    fn feed(count: u64) -> Feed {
        let mut feed = Feed::default();
        feed.replace((11..=10 + count).map(|seq| row(seq, "s", "stop", None)).collect(), Some(11));
        feed.settle(5);
        feed
    }

    fn picture(feed: &Feed) -> Vec<u64> {
        feed.picture().map(|row| row.seq).collect()
    }

    #[test]
    fn it_follows_until_the_reader_moves_and_again_when_he_steps_past_the_end() {
        let mut feed = feed(10);
        assert_eq!(picture(&feed), [16, 17, 18, 19, 20]);
        feed.append(vec![row(21, "s", "stop", None)]);
        feed.settle(5);
        assert_eq!(picture(&feed), [17, 18, 19, 20, 21]);
        feed.move_by(-1);
        feed.append(vec![row(22, "s", "stop", None), row(22, "s", "stop", None)]);
        feed.settle(5);
        assert_eq!((feed.cursor(), feed.unseen()), (Some(21), 1), "an event that comes twice is one");
        feed.move_by(2);
        feed.settle(5);
        assert_eq!((feed.cursor(), feed.unseen()), (None, 0));
        assert_eq!(picture(&feed), [18, 19, 20, 21, 22]);
    }

    #[test]
    fn older_rows_are_asked_for_once_and_leave_the_picture_where_it_is() {
        let mut feed = feed(10);
        assert_eq!(feed.wants_older(), None);
        feed.go_to_start();
        feed.settle(5);
        assert_eq!((feed.wants_older(), feed.wants_older()), (Some(11), None));
        feed.prepend((1..=10).map(|seq| row(seq, "s", "stop", None)).collect(), None);
        feed.settle(5);
        assert_eq!(feed.cursor(), Some(11));
        assert!(picture(&feed).contains(&11), "{:?}", picture(&feed));
        feed.go_to_start();
        feed.settle(5);
        assert_eq!((picture(&feed), feed.wants_older()), (vec![1, 2, 3, 4, 5], None));
    }

    #[test]
    fn a_call_is_one_row_and_opens_its_result() {
        let mut feed = Feed::default();
        let rows = [(1, "user_prompt", None), (2, "pre_tool_use", Some("t")), (3, "post_tool_use", Some("t"))];
        feed.replace(rows.map(|(seq, kind, id)| row(seq, "s", kind, id)).to_vec(), None);
        feed.settle(5);
        assert_eq!(picture(&feed), [1, 2, 3]);
        feed.turn_view();
        feed.settle(5);
        assert_eq!((picture(&feed), feed.telling_seq()), (vec![1, 2], Some(3)));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut feed = feed(1);
        feed.append((100..100 + MAX_ROWS as u64).map(|seq| row(seq, "s", "stop", None)).collect());
        feed.settle(5);
        assert!(feed.rows.len() <= MAX_ROWS);
        assert_eq!(picture(&feed).last(), Some(&(99 + MAX_ROWS as u64)));
    }
}
