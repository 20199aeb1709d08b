//! The API version of a request: from `anthropic-beta`, else `anthropic-version`, else the organization's default.

use actix_web::HttpMessage;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;
use time::Date;
use time::format_description::StaticFormatDescription;
use time::macros::format_description;

use super::auth::Caller;
use crate::api::{ANTHROPIC_BETA, ANTHROPIC_VERSION, ApiVersion};
use crate::domain::error::{reason, shortened};
use crate::domain::label::EnumLabel;
use crate::domain::{Error, ErrorKind};
use crate::http::error::HttpError;
use crate::http::request_record::RequestRecord;

const DATE: StaticFormatDescription = format_description!("[year]-[month]-[day]");
const DATE_CHARACTERS: usize = "2026-03-24".len();

/// Notes the version on the request; the guards of the scopes pick the handlers by it.
pub(in crate::http) async fn resolve(
    caller: Caller,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let version = match requested(request.headers(), caller.default_version()) {
        Ok(version) => version,
        Err(error) => return Ok(request.error_response(HttpError::from(error))),
    };
    if let Some(record) = RequestRecord::of(&request) {
        record.version.set(Some(version));
    }
    request.extensions_mut().insert(version);
    next.call(request).await.map(ServiceResponse::map_into_boxed_body)
}

/// The newest version named in any `anthropic-beta` line; else the one that `anthropic-version` selects; else the `pinned` one.
fn requested(headers: &HeaderMap, pinned: &str) -> Result<ApiVersion, Error> {
    let date = date(headers)?;
    let mut newest = None;
    let mut unknown = Vec::new();
    let lines = headers.get_all(ANTHROPIC_BETA).map(|line| String::from_utf8_lossy(line.as_bytes()));
    for line in lines {
        for value in line.split(',').map(str::trim) {
            match ApiVersion::from_beta(value) {
                Ok(version) => newest = newest.max(version),
                Err(_) => unknown.push(format!("`{}`", shortened(value))),
            }
        }
    }
    if !unknown.is_empty() {
        let message = format!("Unexpected value(s) {} for the `{ANTHROPIC_BETA}` header.", unknown.join(", "));
        return Err(Error::new(ErrorKind::Invalid, message));
    }
    newest
        .or_else(|| date.and_then(ApiVersion::from_date))
        .or_else(|| ApiVersion::from_label(pinned))
        .ok_or_else(|| Error::internal("organizations.default_version names a version that this release does not know"))
}

/// `anthropic-version` is optional and must be a date. Of several the latest counts.
fn date(headers: &HeaderMap) -> Result<Option<Date>, Error> {
    let mut latest = None;
    for value in headers.get_all(ANTHROPIC_VERSION) {
        let text = value.to_str().ok().filter(|text| text.len() == DATE_CHARACTERS);
        let date = text.and_then(|text| Date::parse(text, DATE).ok());
        latest = latest.max(Some(date.ok_or_else(|| Error::invalid_field(ANTHROPIC_VERSION, not_a_date()))?));
    }
    Ok(latest)
}

fn not_a_date() -> validator::ValidationError {
    reason("date", "Input should be a valid date, YYYY-MM-DD")
}
