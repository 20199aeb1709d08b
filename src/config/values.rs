//! How the values of settings are parsed.

use std::time::Duration;

use url::{Host, Url};

/// 365 days.
pub(super) const YEAR: Duration = Duration::from_hours(365 * 24);

/// The longest duration of a setting. Deadlines are computed by addition, which must not overflow.
const MAX_DURATION: Duration = Duration::from_mins(u32::MAX as u64);

/// The form that [`duration`] parses.
pub(crate) const DURATION_HELP: &str = "A DURATION is one or more numbers with a unit: 500ms, 2s, 5m, 1h 30m.";

/// Parses a duration of whole milliseconds, such as `500ms`, `2s` or `1h 30m`.
///
/// # Errors
/// It has another form, or is longer than [`MAX_DURATION`].
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let duration = humantime::parse_duration(text)
        .map_err(|error| format!("expected a number and a unit, such as 500ms, 2s, 5m or 1h: {error}"))?;
    if duration.subsec_nanos() % 1_000_000 != 0 {
        Err("expected whole milliseconds".to_owned())
    } else if duration > MAX_DURATION {
        Err(format!("expected at most {}m", u32::MAX))
    } else {
        Ok(duration)
    }
}

/// A duration of at least 10 ms: anything shorter would keep a core busy, or let every request time out.
pub(super) fn interval(text: &str) -> Result<Duration, String> {
    let interval = duration(text)?;
    if interval >= Duration::from_millis(10) { Ok(interval) } else { Err("expected at least 10ms".to_owned()) }
}

/// The lifetime of a link: at least a second, and at most a year, so that its end can be written as a date.
pub(super) fn link_lifetime(text: &str) -> Result<Duration, String> {
    let lifetime = duration(text)?;
    let is_useful = (Duration::from_secs(1)..=YEAR).contains(&lifetime);
    if is_useful { Ok(lifetime) } else { Err("expected at least 1s and at most 365d".to_owned()) }
}

/// Parses the URL of a service, below which its paths lie.
///
/// # Errors
/// What is wrong with it, as a predicate: `is not an absolute URL`.
pub(crate) fn service_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("is not an absolute URL ({error})"))?;
    if !matches!(url.scheme(), "http" | "https") {
        Err("is neither http nor https".to_owned())
    } else if !url.username().is_empty() || url.password().is_some() {
        Err("has a user name or a password".to_owned())
    } else if url.query().is_some() || url.fragment().is_some() {
        Err("has a query or a fragment".to_owned())
    } else {
        Ok(url)
    }
}

/// Parses `--public-url`. A host of the network 0.0.0.0/8, or `::`, is an address to listen on, or a port that was taken for a host: a link
/// to it leads nowhere.
pub(super) fn public_url(text: &str) -> Result<Url, String> {
    let reachable = |url: Url| match url.host() {
        Some(Host::Ipv4(ip)) if ip.octets()[0] == 0 => Err("names no host that people can reach".to_owned()),
        Some(Host::Ipv6(ip)) if ip.is_unspecified() => Err("names no host that people can reach".to_owned()),
        _ => Ok(url),
    };
    service_url(text)
        .and_then(reachable)
        .map_err(|reason| format!("the URL {reason}: give one such as https://profiles.example"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Ok(Duration::from_secs(2)));
        assert_eq!(duration("5m"), Ok(Duration::from_mins(5)));
        assert_eq!(duration("2h"), Ok(Duration::from_hours(2)));
        assert_eq!(duration("1h 30m"), Ok(Duration::from_mins(90)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(duration("4294967295m"), Ok(MAX_DURATION));
        for text in ["", "s", "2", "2x", "-1s", "1,5s", "1us", "0.5ms", "4294967296m", "999999999999s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_link_is_valid_for_at_least_a_second_and_at_most_a_year() {
        assert_eq!(link_lifetime("1s"), Ok(Duration::from_secs(1)));
        assert_eq!(link_lifetime("525600m"), Ok(Duration::from_hours(8_760)));
        for text in ["0s", "0m", "999ms", "525601m", "4294967295m", "15"] {
            assert!(link_lifetime(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_public_url_names_a_host_that_can_be_reached() {
        for url in ["http://127.0.0.1:8080", "https://profiles.example", "http://[::1]:8080"] {
            assert!(public_url(url).is_ok(), "{url}");
        }
        // The third is what an address of a port alone becomes.
        for url in ["http://0.0.0.0:8080", "http://[::]:8080", "http://9000"] {
            let refused = public_url(url);
            assert!(refused.is_err_and(|reason| reason.contains("names no host that people can reach")), "{url}");
        }
    }

    #[test]
    fn a_service_url_is_absolute_and_has_nothing_after_its_path() {
        for url in ["http://localhost:8080", "https://profiles.example/base/", "http://[::1]:8080"] {
            assert!(service_url(url).is_ok(), "{url}");
        }
        for (url, reason) in [
            ("", "is not an absolute URL (relative URL without a base)"),
            ("profiles.example", "is not an absolute URL (relative URL without a base)"),
            ("/base", "is not an absolute URL (relative URL without a base)"),
            ("http://", "is not an absolute URL (empty host)"),
            ("x y", "is not an absolute URL (relative URL without a base)"),
            ("localhost:8080", "is neither http nor https"),
            ("ftp://host", "is neither http nor https"),
            ("http://a:b@host", "has a user name or a password"),
            ("http://a@host", "has a user name or a password"),
            ("http://host/?a=b", "has a query or a fragment"),
            ("http://host/#a", "has a query or a fragment"),
            ("http://host?", "has a query or a fragment"),
        ] {
            assert_eq!(service_url(url), Err(reason.to_owned()), "{url}");
        }
    }
}
