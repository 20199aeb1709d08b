//! What an enrollment link opens: who asks, for what, and what is kept; and the form that asks for it.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::failure::page_error;
use super::html::{Escaped, letter, letter_with_form};
use super::origin::is_sent_by_our_form;
use crate::domain::text::Text;
use crate::domain::trust::enrollment::{ENROLLED_GRANT, Invitation, LinkToken, Submission};
use crate::domain::trust::grant::TrustGrantStatus;
use crate::http::{HttpError, RequestRecord, Service};

/// Where a form leads. The same for all: it can be opened again, and the link is no longer in sight.
pub(super) const ENROLLED_PATH: &str = "/enroll/done";

/// A time as people write it.
const FOR_PEOPLE: &[BorrowedFormatItem<'_>] =
    format_description!("[day padding:none]\u{a0}[month repr:long] [year], [hour]:[minute]\u{a0}UTC");

/// Answers GET of a link, which changes nothing: whatever looks at links before people do, it does not spend them.
pub(super) async fn show_enrollment(
    service: web::Data<Service>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    RequestRecord::name(&request, "show_enrollment");
    let invitation = match token(&service, &path) {
        Some(token) => {
            service.ports.enrollments.open(token.hash(), service.ports.clock.now()).await.map_err(page_error)?
        }
        None => None,
    };
    Ok(invitation.map_or_else(gone, |invitation| match invitation.grant_status {
        Some(TrustGrantStatus::Pending) => pending(&invitation),
        Some(TrustGrantStatus::Active) => active(&invitation),
        Some(TrustGrantStatus::Rejected) | None => form(&invitation),
    }))
}

/// Answers POST of a link.
pub(super) async fn submit_enrollment(
    service: web::Data<Service>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    RequestRecord::name(&request, "submit_enrollment");
    if !is_sent_by_our_form(request.headers(), &service.links.public_url) {
        return Ok(foreign());
    }
    let Some(token) = token(&service, &path) else { return Ok(gone()) };
    let submission =
        service.ports.enrollments.submit(token.hash(), service.ports.clock.now()).await.map_err(page_error)?;
    Ok(match submission {
        Some(Submission::Asked) => see("done"),
        // The page of the link says why.
        Some(Submission::RuledOut) => see(token.expose()),
        None => gone(),
    })
}

/// Answers GET of [`ENROLLED_PATH`]. Says nothing of anybody: whoever likes may open it.
pub(super) async fn show_enrolled(service: web::Data<Service>, request: HttpRequest) -> HttpResponse {
    RequestRecord::name(&request, "show_enrolled");
    if !service.links.are_enabled {
        return gone();
    }
    let body = "<p>It is kept with the time at which you made it, and will be reviewed. Whoever sent you the link can see what comes of it.</p>\n\
                <p>There is nothing more to do. You can close this page.</p>";
    letter(&mut HttpResponse::Ok(), "Your request has been made", body)
}

/// The token in `path`, if links lead anywhere and it has a token's form.
fn token(service: &Service, path: &str) -> Option<LinkToken> {
    if service.links.are_enabled { LinkToken::parse(path) } else { None }
}

/// Leads on to a neighbour of the link, wherever a proxy shows both.
fn see(neighbour: &str) -> HttpResponse {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    response.insert_header((header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")));
    response.insert_header((header::LOCATION, neighbour)).finish()
}

fn form(invitation: &Invitation) -> HttpResponse {
    let (organization, again, whom) = (organization(invitation), organization_again(invitation), whom(invitation));
    // Its time is within a year of now, so it can be written.
    let machine = invitation.expires_at.format(&Rfc3339).unwrap_or_default();
    let people = invitation.expires_at.format(FOR_PEOPLE).unwrap_or_default();
    let body = format!(
        "<p>{organization} invites {whom} to apply for trusted access to the AI services that it provides.</p>\n\
         <h2>What you apply for</h2>\n\
         <p>Trusted access in the program <strong>{ENROLLED_GRANT}</strong>. Your request will be reviewed: it may be granted or declined, and \
         {again} can see which.</p>\n\
         <h2>What is kept</h2>\n\
         <p>That you have asked, and when, is kept with your profile. What {again} has stated about you stays as it is. Nothing \
         else is asked of you, and this page sets no cookies.</p>\n\
         <form method=\"post\">\n<button>Apply for trusted access</button>\n</form>\n\
         <p>If you would rather not, just close this page: nothing is sent, and nothing changes.</p>\n\
         <p class=\"note\">Anyone who holds this link can use it, once, until <time datetime=\"{machine}\">{people}</time>.</p>"
    );
    letter_with_form("Apply for trusted access", &body)
}

fn pending(invitation: &Invitation) -> HttpResponse {
    let body = format!(
        "<p>A request for trusted access has been made already, and waits for its review. {} can see what comes of it.</p>\n\
         <p>There is nothing more to do. You can close this page.</p>",
        organization(invitation)
    );
    letter(&mut HttpResponse::Ok(), "Your request is under review", &body)
}

fn active(invitation: &Invitation) -> HttpResponse {
    let body = format!(
        "<p>You have been granted trusted access to the AI services that {} provides.</p>\n\
         <p>There is nothing more to do. You can close this page.</p>",
        organization(invitation)
    );
    letter(&mut HttpResponse::Ok(), "You have trusted access", &body)
}

/// Unknown, expired, spent and erased look the same, so that nobody learns which links there were.
fn gone() -> HttpResponse {
    let body = "<p>It has expired, has been used already, or never existed. If you still need it, ask whoever sent it to you for a new one.</p>";
    letter(&mut HttpResponse::NotFound(), "This link does not work", body)
}

fn foreign() -> HttpResponse {
    let body = "<p>It did not come from the page that your link opens, so nothing has changed. Open the link again, and use the button on its page.</p>";
    letter(&mut HttpResponse::Forbidden(), "This was not sent", body)
}

/// Names of either direction of writing must not turn the sentence around them: `dir` keeps them apart.
fn organization(invitation: &Invitation) -> String {
    format!("<strong dir=\"auto\">{}</strong>", Escaped(invitation.organization_name.as_str()))
}

/// The same, once it has been introduced.
fn organization_again(invitation: &Invitation) -> String {
    format!("<span dir=\"auto\">{}</span>", Escaped(invitation.organization_name.as_str()))
}

fn whom(invitation: &Invitation) -> String {
    match &invitation.profile_name {
        Some(name) => format!("<strong dir=\"auto\">{}</strong>", Escaped(name.as_str())),
        None => "you".to_owned(),
    }
}
