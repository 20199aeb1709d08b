//! Writes log lines on a thread of its own: callers append to a buffer, and the thread writes what the buffer holds.
//!
//! The buffer is bounded. Where the reader of the log is too slow, lines are dropped and counted, so that requests never wait for it.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

use crate::metrics::Counter;

/// The buffer's limit in bytes: about 3,000 lines.
const CAPACITY: usize = 1 << 20;

/// The pause between two writes, so that under load one system call writes many lines. The first line after a quiet time is written at
/// once.
const GATHERING: Duration = Duration::from_millis(5);

/// Time limit for the last lines to be written at the end.
const LAST_WRITE_LIMIT: Duration = Duration::from_secs(5);

/// A log that is being written. Dropping it writes what is left.
pub(super) struct Log {
    lines: Lines,
    /// Says when the thread has ended.
    ended: Receiver<()>,
}

impl Log {
    /// Writes to `target`, on a thread of its own, and counts lines that find no place.
    pub(super) fn start(target: impl Write + Send + 'static, dropped: Counter) -> io::Result<Self> {
        let (pending, changed) = (Mutex::default(), Condvar::new());
        let lines = Lines(Arc::new(Shared { pending, changed, dropped, writer: OnceLock::new() }));
        let (end, ended) = sync_channel(1);
        let theirs = lines.clone();
        thread::Builder::new().name("log".to_owned()).spawn(move || {
            theirs.0.write_to(target);
            // The receiver may be gone after the time limit.
            let _ = end.send(());
        })?;
        Ok(Self { lines, ended })
    }

    /// Where lines are left.
    pub(super) fn lines(&self) -> Lines {
        self.lines.clone()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.lines.0.pending().ending = true;
        self.lines.0.changed.notify_all();
        // In vain if the reader is stuck; the process ends nevertheless.
        let _ = self.ended.recv_timeout(LAST_WRITE_LIMIT);
    }
}

/// Where lines are left.
#[derive(Clone)]
pub(super) struct Lines(Arc<Shared>);

struct Shared {
    pending: Mutex<Pending>,
    changed: Condvar,
    dropped: Counter,
    /// The thread that writes.
    writer: OnceLock<ThreadId>,
}

#[derive(Default)]
struct Pending {
    bytes: Vec<u8>,
    /// Whether the thread sleeps until it is called.
    asleep: bool,
    ending: bool,
}

impl Shared {
    fn pending(&self) -> MutexGuard<'_, Pending> {
        // Nothing that holds the lock leaves it half-way.
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, line: &[u8]) {
        let mut pending = self.pending();
        // The writer's own line, how many were dropped, is always accepted.
        if pending.bytes.len() + line.len() > CAPACITY && self.writer.get() != Some(&thread::current().id()) {
            drop(pending);
            self.dropped.inc();
            return;
        }
        pending.bytes.extend_from_slice(line);
        if std::mem::take(&mut pending.asleep) {
            drop(pending);
            self.changed.notify_one();
        }
    }

    /// Writes what is left here, until the end.
    fn write_to(&self, mut target: impl Write) {
        self.writer.get_or_init(|| thread::current().id());
        let mut bytes = Vec::new();
        let mut reported = 0;
        loop {
            let ending = self.take(&mut bytes);
            // A log that cannot be written has nowhere to say so.
            let _ = target.write_all(&bytes).and_then(|()| target.flush());
            bytes.clear();
            let dropped = self.dropped.get();
            if dropped > reported {
                tracing::warn!(
                    lines.dropped = dropped - reported,
                    "log lines dropped: stderr reader is slower than the log"
                );
                reported = dropped;
            } else if ending {
                return;
            }
        }
    }

    /// Waits until there is something, or until the end, and swaps it for the empty `bytes`; answers whether it is the end.
    fn take(&self, bytes: &mut Vec<u8>) -> bool {
        let gathering = self.changed.wait_timeout_while(self.pending(), GATHERING, |pending| !pending.ending);
        let (mut pending, _) = gathering.unwrap_or_else(PoisonError::into_inner);
        while pending.bytes.is_empty() && !pending.ending {
            pending.asleep = true;
            pending = self.changed.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        pending.asleep = false;
        std::mem::swap(&mut pending.bytes, bytes);
        pending.ending
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.leave(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'w> MakeWriter<'w> for Lines {
    type Writer = &'w Self;

    fn make_writer(&'w self) -> &'w Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::SyncSender;

    use super::*;

    /// A reader that takes written lines only when the test allows it.
    struct Reader {
        allowed: Receiver<()>,
        read: Arc<Mutex<Vec<u8>>>,
    }

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // A dropped sender means: take everything.
            let _ = self.allowed.recv();
            self.read.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn log() -> (Log, Counter, SyncSender<()>, Arc<Mutex<Vec<u8>>>) {
        let (allow, allowed) = sync_channel(0);
        let (read, dropped) = (Arc::default(), Counter::default());
        let log = Log::start(Reader { allowed, read: Arc::clone(&read) }, dropped.clone()).unwrap();
        (log, dropped, allow, read)
    }

    #[test]
    fn every_line_is_there_in_its_order_when_the_log_has_ended() {
        let (log, dropped, allow, read) = log();
        drop(allow);
        let mut expected = Vec::new();
        for number in 0..10_000 {
            let line = format!("{number}\n");
            (&log.lines()).write_all(line.as_bytes()).unwrap();
            expected.extend_from_slice(line.as_bytes());
        }
        drop(log);
        assert_eq!(dropped.get(), 0);
        assert!(*read.lock().unwrap() == expected);
    }

    #[test]
    fn logging_does_not_wait_for_a_reader_that_reads_nothing() {
        let (log, dropped, allow, read) = log();
        let line = [b'x'; 1 << 10];
        // More than ever waits: twice as much as has a place, for the thread may have taken one load already.
        for _ in 0..3 * CAPACITY / line.len() {
            (&log.lines()).write_all(&line).unwrap();
        }
        let lost = usize::try_from(dropped.get()).unwrap();
        assert!(lost >= CAPACITY / line.len(), "{lost}");
        drop(allow);
        drop(log);
        assert_eq!(read.lock().unwrap().len(), 3 * CAPACITY - lost * line.len());
    }

    #[test]
    fn a_line_is_written_without_waiting_for_another() {
        let (log, _, allow, _) = log();
        (&log.lines())
            .write_all(
                b"alone
",
            )
            .unwrap();
        // Comes back once the line is being written.
        allow.send(()).unwrap();
        drop(allow);
        drop(log);
    }
}
