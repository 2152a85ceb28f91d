//! The list of tasks that an agent keeps: how many, and how far. What they are about is stored, not remembered.

use serde::{Deserialize, Serialize};

use super::change::Change;
use crate::work::{MAX_TASKS, Task, TaskNews, TaskState};

/// The tasks by id.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Tasks(Vec<(String, TaskState)>);

impl Tasks {
    /// Takes in what an event says.
    pub(super) fn hear(&mut self, news: &TaskNews, changes: &mut Vec<Change>) {
        match news {
            TaskNews::All(tasks) => {
                self.0 = tasks.iter().map(|task| (task.id.clone(), task.state)).collect();
                changes.push(Change::Tasks(tasks.clone()));
            }
            TaskNews::One { id, subject, state } => self.hear_one(id, subject.as_deref(), *state, changes),
            TaskNews::Gone(id) => {
                self.0.retain(|(known, _)| known != id);
                changes.push(Change::TaskGone(id.clone()));
            }
        }
    }

    fn hear_one(&mut self, id: &str, subject: Option<&str>, told: Option<TaskState>, changes: &mut Vec<Change>) {
        let full = self.0.len() >= MAX_TASKS;
        let known = self.0.iter_mut().find(|(known, _)| known == id);
        let state = match known {
            Some((_, state)) => {
                // A creation that arrives late says nothing of how far the task is.
                if let Some(told) = told.filter(|told| *told != TaskState::Pending) {
                    *state = told;
                }
                *state
            }
            None if !full => {
                let state = told.unwrap_or_default();
                self.0.push((id.to_owned(), state));
                state
            }
            None => return,
        };
        let subject = subject.unwrap_or_default().to_owned();
        changes.push(Change::Task(Task { id: id.to_owned(), subject, state }));
    }

    /// How many are done, and how many there are.
    pub(super) fn counts(&self) -> (u32, u32) {
        let done = self.0.iter().filter(|(_, state)| *state == TaskState::Completed).count();
        (done as u32, self.0.len() as u32)
    }
}
