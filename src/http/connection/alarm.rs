//! A deadline that can be moved often.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::rt::time::{Sleep, sleep_until};

/// Wakes the task of a connection when its deadline has passed. To move the deadline later costs nothing until the earlier one passes:
/// a connection that serves request after request sets no timer for each.
pub(super) struct Alarm {
    deadline: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

impl Alarm {
    /// A deadline `limit` after `now`; none if that is beyond what the system can count.
    pub(super) fn at(now: Instant, limit: Duration) -> Self {
        let deadline = now.checked_add(limit);
        Self { deadline, timer: Box::pin(sleep_until(deadline.unwrap_or(now).into())) }
    }

    /// Moves the deadline; `None` for none.
    pub(super) fn set(&mut self, deadline: Option<Instant>) {
        self.deadline = deadline;
    }

    /// Whether the deadline has passed. If not, the task will be woken when it has.
    pub(super) fn has_passed(&mut self, context: &mut Context<'_>) -> bool {
        let Some(deadline) = self.deadline else { return false };
        if deadline < self.timer.deadline().into_std() {
            self.timer.as_mut().reset(deadline.into());
        }
        while let Poll::Ready(()) = self.timer.as_mut().poll(context) {
            if deadline <= Instant::now() {
                return true;
            }
            self.timer.as_mut().reset(deadline.into());
        }
        false
    }
}
