//! What a connection waits for, and until when.

use std::task::Context;
use std::time::{Duration, Instant};

use super::alarm::Alarm;
use super::shared::Connection;
use crate::http::settings::HttpSettings;

/// How long a closed connection is read on, so that its client can read the last answer before the system resets the connection.
const LINGER: Duration = Duration::from_secs(1);

/// Where a connection spends its time. Every state but `Service` has a deadline, which is not extended within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wait {
    /// For the first byte.
    First,
    /// For the next request.
    Idle,
    /// For the rest of a head.
    Head,
    /// For the rest of a body.
    Body,
    /// For the handler.
    Service,
    /// For the client to read.
    Reader,
    /// For the client to close, after its last answer.
    Close,
}

impl Wait {
    fn limit(self, limits: &HttpSettings) -> Option<Duration> {
        match self {
            Self::First | Self::Head => Some(limits.header_timeout),
            Self::Idle => Some(limits.keep_alive),
            // The handler answers at its deadline; this is for a body that no handler reads.
            Self::Body => Some(limits.body_timeout.saturating_add(LINGER)),
            Self::Reader => Some(limits.write_timeout),
            Self::Close => Some(LINGER),
            Self::Service => None,
        }
    }
}

/// The deadline of what a connection waits for.
pub(super) struct Deadline {
    wait: Wait,
    alarm: Alarm,
}

impl Deadline {
    /// The deadline of a new connection.
    pub(super) fn of_first_byte(limits: &HttpSettings, connection: &Connection) -> Self {
        let now = Instant::now();
        connection.set_waits_since(Some(now));
        Self { wait: Wait::First, alarm: Alarm::at(now, limits.header_timeout) }
    }

    /// Whether the deadline of `wait` has passed, which begins when this is first called with it. If it has not, the task will be woken
    /// when it has.
    pub(super) fn has_passed(
        &mut self,
        wait: Wait,
        limits: &HttpSettings,
        connection: &Connection,
        context: &mut Context<'_>,
    ) -> bool {
        if wait != self.wait {
            self.wait = wait;
            let limit = wait.limit(limits).map(|limit| (Instant::now(), limit));
            connection.set_waits_since(limit.map(|(now, _)| now));
            self.alarm.set(limit.and_then(|(now, limit)| now.checked_add(limit)));
        }
        connection.note_task(context);
        self.alarm.has_passed(context)
    }

    /// What the deadline is for.
    pub(super) fn wait(&self) -> Wait {
        self.wait
    }
}
