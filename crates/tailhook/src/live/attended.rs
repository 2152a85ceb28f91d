//! Who waits for an event gets it from the thread that stored it.
//!
//! A task that waits for the ring is usually woken on a thread of its own, which sleeps: to wake it takes longer than all
//! that it then does. So the thread that publishes drives the first few such tasks itself, up to the point where each
//! would wait again. Nothing that they do waits, whoever their clients are; what is begun there goes on on their own threads.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use tokio::runtime::Handle;

/// So many are driven: with more, the last would get theirs sooner from another processor.
const MOST: usize = 4;

thread_local! {
    /// Woken by what this thread is publishing; none: it publishes nothing.
    static WOKEN: RefCell<Option<Vec<Arc<Attended>>>> = const { RefCell::new(None) };
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task's work, which its own thread drives, or the one that publishes.
struct Attended {
    /// None: it is done.
    work: Mutex<Option<Work>>,
    /// Wakes the task.
    task: Mutex<Waker>,
    runtime: Handle,
}

/// Does the work in this task, and where it waits for the ring, in the thread that publishes.
pub(crate) async fn attended(work: impl Future<Output = ()> + Send + 'static) {
    let attended = Arc::new(Attended {
        work: Mutex::new(Some(Box::pin(work))),
        task: Mutex::new(Waker::noop().clone()),
        runtime: Handle::current(),
    });
    poll_fn(|context| {
        // Before the work is looked at: whoever drives it meanwhile is to wake this task.
        lock(&attended.task).clone_from(context.waker());
        attended.drive(&mut lock(&attended.work))
    })
    .await;
}

/// Publishes, then drives what waited for it. Under load, `is_alone` false, everything is left to the tasks' own threads.
pub(super) fn publishing(is_alone: bool, publish: impl FnOnce()) {
    if !is_alone {
        return publish();
    }
    WOKEN.set(Some(Vec::new()));
    publish();
    for attended in WOKEN.take().unwrap_or_default() {
        attended.drive_here();
    }
}

impl Attended {
    fn drive_here(self: Arc<Self>) {
        let done = match self.work.try_lock() {
            Ok(mut work) => {
                let _runtime = self.runtime.enter();
                self.drive(&mut work).is_ready()
            }
            // Its own thread has it just now, and may have looked at the ring already.
            Err(_) => true,
        };
        if done {
            lock(&self.task).wake_by_ref();
        }
    }

    fn drive(self: &Arc<Self>, work: &mut Option<Work>) -> Poll<()> {
        let Some(future) = work else { return Poll::Ready(()) };
        let waker = Waker::from(Arc::clone(self));
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        if polled.is_ready() {
            *work = None;
        }
        polled
    }
}

impl Wake for Attended {
    fn wake(self: Arc<Self>) {
        let left = WOKEN.with_borrow_mut(|woken| match woken {
            Some(woken) if woken.len() < MOST => {
                woken.push(self);
                None
            }
            _ => Some(self),
        });
        if let Some(attended) = left {
            lock(&attended.task).wake_by_ref();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::thread::ThreadId;
    use std::time::Duration;

    use tokio::sync::{broadcast, mpsc};

    use super::*;

    /// Subscribers that report what they got and on which thread, all waiting; what they report; and the ring.
    async fn subscribers(
        count: usize,
    ) -> (broadcast::Sender<u32>, mpsc::Receiver<(usize, u32, ThreadId)>, Vec<tokio::task::JoinHandle<()>>) {
        let ring = broadcast::Sender::new(16);
        let (report, reports) = mpsc::channel(64);
        let start = |n| {
            let (mut receiver, report) = (ring.subscribe(), report.clone());
            tokio::spawn(attended(async move {
                while let Ok(value) = receiver.recv().await {
                    report.try_send((n, value, std::thread::current().id())).expect("room");
                }
            }))
        };
        let tasks = (0..count).map(start).collect();
        tokio::time::sleep(Duration::from_millis(50)).await;
        (ring, reports, tasks)
    }

    /// Publishes from a thread of its own, and gives which one that was.
    fn publish(ring: &broadcast::Sender<u32>, is_alone: bool, values: &[u32]) -> ThreadId {
        std::thread::scope(|scope| {
            let publish = || values.iter().for_each(|value| drop(ring.send(*value)));
            let thread = scope.spawn(move || publishing(is_alone, publish));
            let id = thread.thread().id();
            thread.join().expect("published");
            id
        })
    }

    #[tokio::test]
    async fn the_first_that_wait_are_driven_by_who_publishes_and_all_get_everything() {
        let (ring, mut reports, _tasks) = subscribers(MOST + 3).await;
        for round in 0..20 {
            let publisher = publish(&ring, true, &[round, 100 + round]);
            let mut got = vec![Vec::new(); MOST + 3];
            let mut here = 0;
            for _ in 0..2 * got.len() {
                let (n, value, thread) = reports.recv().await.expect("a report");
                got[n].push(value);
                here += usize::from(thread == publisher);
            }
            assert_eq!(got, vec![vec![round, 100 + round]; MOST + 3]);
            assert_eq!(here, 2 * MOST);
        }
    }

    #[tokio::test]
    async fn under_load_each_has_its_own_thread() {
        let (ring, mut reports, _tasks) = subscribers(2).await;
        let publisher = publish(&ring, false, &[1]);
        for _ in 0..2 {
            assert_ne!(reports.recv().await.expect("a report").2, publisher);
        }
    }

    #[tokio::test]
    async fn work_that_ends_under_who_publishes_ends_its_task() {
        let ring = broadcast::Sender::new(16);
        let mut receiver = ring.subscribe();
        let task = tokio::spawn(attended(async move { drop(receiver.recv().await) }));
        tokio::time::sleep(Duration::from_millis(50)).await;
        publish(&ring, true, &[1]);
        tokio::time::timeout(Duration::from_secs(10), task).await.expect("in time").expect("no panic");
    }
}
