//! How long rows are stored that no request needs any more.

use std::time::Duration;

use clap::Args;

use super::values::{YEAR, duration};

/// The retention of what grows with every request.
#[derive(Args, Clone, Copy, Debug)]
pub struct RetentionArgs {
    /// How long events, and the history of profiles with them, are stored: forever, or from 7d to 36500d
    #[arg(long, env = "UPROF_EVENTS_RETENTION", value_name = "DURATION", default_value = "forever", value_parser = events)]
    pub events_retention: Retention,

    /// How long webhook deliveries that have ended, and their attempts, are stored: forever, or from 3d to 36500d
    #[arg(long, env = "UPROF_DELIVERIES_RETENTION", value_name = "DURATION", default_value = "30d", value_parser = deliveries)]
    pub deliveries_retention: Retention,
}

/// For how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retention {
    /// Nothing is deleted.
    Forever,
    /// What is older is deleted.
    For(Duration),
}

impl Retention {
    /// The duration, if it ends.
    #[must_use]
    pub const fn duration(self) -> Option<Duration> {
        match self {
            Self::Forever => None,
            Self::For(duration) => Some(duration),
        }
    }
}

/// The longest retention that ends.
const LONGEST: Duration = YEAR.saturating_mul(100);

/// As long as a delivery is retried.
const SHORTEST_FOR_DELIVERIES: Duration = Duration::from_hours(3 * 24);

/// Clients that follow events have to read them within this time.
const SHORTEST_FOR_EVENTS: Duration = Duration::from_hours(7 * 24);

fn events(text: &str) -> Result<Retention, String> {
    retention(text, SHORTEST_FOR_EVENTS)
}

fn deliveries(text: &str) -> Result<Retention, String> {
    retention(text, SHORTEST_FOR_DELIVERIES)
}

fn retention(text: &str, shortest: Duration) -> Result<Retention, String> {
    if text == "forever" {
        return Ok(Retention::Forever);
    }
    let retention = duration(text).map_err(|_| "expected a duration such as 90d, or `forever`".to_owned())?;
    if (shortest..=LONGEST).contains(&retention) {
        Ok(Retention::For(retention))
    } else {
        let days = |duration: Duration| duration.as_secs() / 86_400;
        Err(format!("expected `forever`, or at least {}d and at most {}d", days(shortest), days(LONGEST)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_retention_is_long_enough_for_those_who_read_or_it_never_ends() {
        let days = |days: u64| Ok(Retention::For(Duration::from_hours(days * 24)));
        assert_eq!((events("forever"), deliveries("forever")), (Ok(Retention::Forever), Ok(Retention::Forever)));
        assert_eq!((events("7d"), deliveries("3d"), events("36500d")), (days(7), days(3), days(36_500)));
        for text in ["", "0s", "6d 23h", "36501d", "Forever", "-1d", "90"] {
            assert!(events(text).is_err(), "{text}");
        }
        assert!(deliveries("2d 23h").is_err());
    }
}
