//! Reading what transcripts gave: messages, tokens, hook runs.

use std::collections::HashMap;

use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;
use tailhook_core::transcript::Tokens;
use tailhook_core::transcript::price::PriceTable;

use super::transcript;
use super::{Reader, StoreError, Transcript, sql};

/// A message as clients see it.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct MessageRow {
    /// Grows from message to message.
    pub(crate) n: u64,
    pub(crate) role: String,
    pub(crate) at: String,
    pub(crate) text: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) truncated: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) model: Option<String>,
    /// Messages with the same one are parts of one answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) answer_id: Option<String>,
    /// Of that whole answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tokens: Option<Tokens>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt_id: Option<String>,
    /// The subagent that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) agent_id: Option<String>,
    pub(crate) tools: Vec<String>,
}

/// Tokens and what they cost.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub(crate) struct Spent {
    pub(crate) tokens: Tokens,
    /// US dollars; absent where a model's price is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cost_usd: Option<f64>,
}

/// What a session took.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    /// By model, the dearest first.
    pub(crate) models: Vec<(String, Spent)>,
    /// By number of the turn; 0 is what belongs to none that is known.
    pub(crate) turns: Vec<(u64, Spent)>,
}

/// One hook command at one event, over all its runs.
#[derive(Debug)]
pub(crate) struct HookRuns {
    pub(crate) event: String,
    pub(crate) command: String,
    /// Milliseconds, in no order.
    pub(crate) durations_ms: Vec<u64>,
    pub(crate) failures: u64,
}

impl Reader {
    /// The transcripts that changed last.
    pub(crate) fn transcripts(&self, limit: usize) -> Result<Vec<Transcript>, StoreError> {
        transcript::latest(self.connection(), limit)
    }

    /// A page of a session's messages after `since`; one more than `limit` if there are more.
    pub(crate) fn messages(&self, session: i64, since: u64, limit: usize) -> Result<Vec<MessageRow>, StoreError> {
        let read = || -> rusqlite::Result<Vec<MessageRow>> {
            let mut select = self.connection().prepare_cached(
                "SELECT n, role, message.at_ns, text, truncated, message.model, answer, message.prompt_id, \
                 message.agent_id, tools, input, output, cache_read, cache_write \
                 FROM message LEFT JOIN answer ON answer.id = message.answer \
                 WHERE message.session = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
            )?;
            select.query_map(params![session, since, limit + 1], message)?.collect()
        };
        read().map_err(sql("read messages"))
    }

    /// What the session with this number took.
    pub(crate) fn usage(&self, session: i64, prices: &PriceTable) -> Result<Usage, StoreError> {
        self.usage_of(session, prices).map_err(sql("read what a session took"))
    }

    fn usage_of(&self, session: i64, prices: &PriceTable) -> rusqlite::Result<Usage> {
        let connection = self.connection();
        let turns = self.turns_by_prompt(session)?;
        let begins = self.turn_begins(session)?;
        // Some agents do not say which prompt they answer: the moment tells.
        let mut select = connection.prepare_cached(
            "SELECT model, prompt_id, sum(input), sum(output), sum(cache_read), sum(cache_write), sum(cache_write_1h),
                 CASE WHEN prompt_id IS NULL THEN at_ns END AS alone_ns
             FROM answer WHERE session = ?1 GROUP BY model, prompt_id, alone_ns",
        )?;
        let mut rows = select.query([session])?;
        let (mut by_model, mut by_turn) = (HashMap::<String, Sum>::new(), HashMap::<u64, Sum>::new());
        while let Some(row) = rows.next()? {
            let (model, prompt): (String, Option<String>) = (row.get(0)?, row.get(1)?);
            let tokens =
                Tokens { input: row.get(2)?, output: row.get(3)?, cache_read: row.get(4)?, cache_write: row.get(5)? };
            let cost = prices.cost_of(&model, tokens, row.get(6)?);
            let alone_ns: Option<u64> = row.get(7)?;
            let begun = || begins.partition_point(|(begin_ns, _)| Some(*begin_ns) <= alone_ns).checked_sub(1);
            let turn = match prompt {
                Some(prompt) => turns.get(&prompt).copied(),
                None => begun().map(|at| begins[at].1),
            };
            let turn = turn.unwrap_or(0);
            by_turn.entry(turn).or_default().add(tokens, cost);
            by_model.entry(model).or_default().add(tokens, cost);
        }
        let mut models: Vec<_> = by_model.into_iter().map(|(model, sum)| (model, sum.spent())).collect();
        models.sort_by(|(a, one), (b, other)| {
            other.cost_usd.partial_cmp(&one.cost_usd).unwrap_or(std::cmp::Ordering::Equal).then(a.cmp(b))
        });
        let mut turns: Vec<_> = by_turn.into_iter().map(|(n, sum)| (n, sum.spent())).collect();
        turns.sort_by_key(|(n, _)| *n);
        Ok(Usage { models, turns })
    }

    /// When each turn began, in that order.
    fn turn_begins(&self, session: i64) -> rusqlite::Result<Vec<(u64, u64)>> {
        let mut select = self.connection().prepare_cached(
            "SELECT begin_ns, turn FROM span WHERE session = ?1 AND kind = 'turn' ORDER BY begin_ns, begin_seq",
        )?;
        select.query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
    }

    /// Which turn each prompt belongs to: the last that began by then.
    fn turns_by_prompt(&self, session: i64) -> rusqlite::Result<HashMap<String, u64>> {
        let mut select = self.connection().prepare_cached(
            "SELECT begin_seq, turn FROM span WHERE session = ?1 AND kind = 'turn' ORDER BY begin_seq",
        )?;
        let begins: Vec<(u64, u64)> =
            select.query_map([session], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
        let mut select = self.connection().prepare_cached(
            "SELECT seq, content FROM event
             WHERE session = ?1 AND kind = (SELECT id FROM kind WHERE name = 'hook.user_prompt') ORDER BY seq",
        )?;
        let mut rows = select.query([session])?;
        let mut turns = HashMap::new();
        while let Some(row) = rows.next()? {
            let seq: u64 = row.get(0)?;
            let (data, _) = self.unpack(row.get_ref(1)?)?;
            let begun = begins.partition_point(|(begin_seq, _)| *begin_seq <= seq);
            if let (Some(prompt), Some((_, turn))) = (data.prompt_id, begun.checked_sub(1).map(|at| begins[at])) {
                turns.insert(prompt, turn);
            }
        }
        Ok(turns)
    }

    /// All runs of hooks that agents recorded since a moment, of one session or of all, by event and command.
    pub(crate) fn hook_runs(&self, id: Option<&str>, since_ns: u64) -> Result<Vec<HookRuns>, StoreError> {
        let read = || -> rusqlite::Result<Vec<HookRuns>> {
            let mut select = self.connection().prepare_cached(
                "SELECT event, command, duration_ms, failed FROM hook_run
                 WHERE at_ns >= ?2 AND (?1 IS NULL OR session = (SELECT id FROM session WHERE session_id = ?1))
                 ORDER BY event, command",
            )?;
            let mut rows = select.query(params![id, since_ns])?;
            let mut all: Vec<HookRuns> = Vec::new();
            while let Some(row) = rows.next()? {
                let (event, command): (String, String) = (row.get(0)?, row.get(1)?);
                if all.last().is_none_or(|last| (&last.event, &last.command) != (&event, &command)) {
                    all.push(HookRuns { event, command, durations_ms: Vec::new(), failures: 0 });
                }
                if let Some(last) = all.last_mut() {
                    last.durations_ms.push(row.get(2)?);
                    last.failures += u64::from(row.get::<_, bool>(3)?);
                }
            }
            Ok(all)
        };
        read().map_err(sql("read the runs of hooks"))
    }

    /// How many sessions and days (UTC) have a recorded run of a hook since a moment.
    pub(crate) fn hook_run_extent(&self, id: Option<&str>, since_ns: u64) -> Result<(u64, u64), StoreError> {
        self.connection()
            .query_row(
                "SELECT count(DISTINCT session), count(DISTINCT at_ns / 86400000000000) FROM hook_run
                 WHERE at_ns >= ?2 AND (?1 IS NULL OR session = (SELECT id FROM session WHERE session_id = ?1))",
                params![id, since_ns],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .map_err(sql("count the sessions with hooks"))
    }
}

#[derive(Default)]
struct Sum {
    tokens: Tokens,
    cost_usd: f64,
    unknown: bool,
}

impl Sum {
    fn add(&mut self, tokens: Tokens, cost: Option<f64>) {
        self.tokens.add(tokens);
        self.cost_usd += cost.unwrap_or(0.0);
        self.unknown |= cost.is_none();
    }

    fn spent(self) -> Spent {
        Spent { tokens: self.tokens, cost_usd: (!self.unknown).then_some((self.cost_usd * 1e9).round() / 1e9) }
    }
}

fn message(row: &Row<'_>) -> rusqlite::Result<MessageRow> {
    let tools: String = row.get(9)?;
    let input: Option<u64> = row.get(10)?;
    let tokens = match input {
        None => None,
        Some(input) => {
            Some(Tokens { input, output: row.get(11)?, cache_read: row.get(12)?, cache_write: row.get(13)? })
        }
    };
    let agent_id: String = row.get(8)?;
    Ok(MessageRow {
        n: row.get(0)?,
        role: row.get(1)?,
        at: timestamp_text(row.get(2)?),
        text: row.get(3)?,
        truncated: row.get(4)?,
        model: row.get(5)?,
        answer_id: row.get(6)?,
        tokens,
        prompt_id: row.get(7)?,
        agent_id: (!agent_id.is_empty()).then_some(agent_id),
        tools: tools.split_whitespace().map(str::to_owned).collect(),
    })
}
