//! The pages that people see when the service fails, or refuses to check more links.

use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

use super::sheet::sheet;
use crate::domain::Error;
use crate::domain::id::RequestId;
use crate::http::HttpError;

#[derive(Template)]
#[template(path = "failure.html")]
struct Failure {
    request_id: RequestId,
}

#[derive(Template)]
#[template(path = "enrollment/too_many_links.html")]
struct TooManyLinks {
    wait: String,
}

/// `error`, answered with a page instead of the error envelope.
pub(super) fn page_error(error: Error) -> HttpError {
    error_page(error.into())
}

/// The same for an error that has its answer already.
pub(super) fn error_page(error: HttpError) -> HttpError {
    error.rendered_by(failure)
}

fn failure(response: &mut HttpResponseBuilder, error: &HttpError, request_id: RequestId) -> HttpResponse {
    match error.rate_limited_for() {
        Some(seconds) => sheet(response, "Too many links were tried", TooManyLinks { wait: wait(seconds) }),
        None => sheet(response, "Something went wrong", Failure { request_id }),
    }
}

/// A wait of so many seconds, in minutes up to an hour, else in hours; never shorter than it is.
fn wait(seconds: u64) -> String {
    let (count, unit) = match seconds.div_ceil(60) {
        minutes @ 0..=60 => (minutes.max(1), "minute"),
        minutes => (minutes.div_ceil(60), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_told_in_whole_minutes_or_hours_and_never_too_short() {
        for (seconds, text) in [
            (0, "1 minute"),
            (60, "1 minute"),
            (61, "2 minutes"),
            (3_600, "60 minutes"),
            (3_601, "2 hours"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(wait(seconds), text, "{seconds}");
        }
    }
}
