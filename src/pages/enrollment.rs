//! The handlers of enrollment links.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use super::failure::{error_page, page_error};
use super::invitation::{cross_site_page, invalid_link_page, invitation_page, submitted_page};
use super::origin::is_sent_by_our_form;
use crate::domain::trust::enrollment::{LinkToken, Submission};
use crate::http::{HttpError, RequestRecord, Service};

/// Where a submitted form redirects: the same path for all links, so reloading it sends nothing and shows no token.
pub(super) const ENROLLED_PATH: &str = "/enroll/done";

/// `GET /enroll/{token}`. Changes nothing, so link previews and scanners do not use up the link.
pub(super) async fn show_enrollment(
    service: web::Data<Service>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    RequestRecord::name(&request, "show_enrollment");
    let Some(token) = token(&service, &path) else { return Ok(invalid_link_page()) };
    check_guess(&service, &request, &token)?;
    let invitation =
        service.ports.enrollments.open(token.hash(), service.ports.clock.now()).await.map_err(page_error)?;
    match invitation {
        Some(invitation) => Ok(invitation_page(&invitation)),
        None => wrong_link(&service, &request),
    }
}

/// `POST /enroll/{token}`.
pub(super) async fn submit_enrollment(
    service: web::Data<Service>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    RequestRecord::name(&request, "submit_enrollment");
    if !is_sent_by_our_form(request.headers(), &service.links.public_url) {
        return Ok(cross_site_page());
    }
    let Some(token) = token(&service, &path) else { return Ok(invalid_link_page()) };
    check_guess(&service, &request, &token)?;
    let submission =
        service.ports.enrollments.submit(token.hash(), service.ports.clock.now()).await.map_err(page_error)?;
    match submission {
        Some(Submission::Asked) => Ok(see_other("done")),
        // The page of the link shows the state that rules the request out.
        Some(Submission::RuledOut) => Ok(see_other(token.expose())),
        None => wrong_link(&service, &request),
    }
}

/// `GET /enroll/done`.
pub(super) async fn show_enrolled(service: web::Data<Service>, request: HttpRequest) -> HttpResponse {
    RequestRecord::name(&request, "show_enrolled");
    if service.links.are_enabled { submitted_page() } else { invalid_link_page() }
}

/// The token in `path`, if enrollment is enabled and the token is well formed.
fn token(service: &Service, path: &str) -> Option<LinkToken> {
    if service.links.are_enabled { LinkToken::parse(path) } else { None }
}

/// Refuses a link of which this process does not know that it exists, if too many wrong ones were opened from the same address.
fn check_guess(service: &Service, request: &HttpRequest, token: &LinkToken) -> Result<(), HttpError> {
    let is_known = || service.ports.enrollments.is_known(token.hash());
    service.link_guesses.check_guess(request, is_known).map_err(error_page)
}

/// The answer to a link that does not exist, which may be a guess.
fn wrong_link(service: &Service, request: &HttpRequest) -> Result<HttpResponse, HttpError> {
    service.link_guesses.count_failure(request).map_err(error_page)?;
    Ok(invalid_link_page())
}

/// Redirects to `location`, which is relative to the link: a proxy may serve it below a path of its own.
fn see_other(location: &str) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response.insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
    response.insert_header((header::LOCATION, location)).finish()
}
