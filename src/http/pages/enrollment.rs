//! What an enrollment link opens: for whom and for what it is.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use time::format_description::well_known::Rfc3339;

use super::super::error::HttpError;
use super::super::server::Service;
use super::html::{Escaped, page};
use crate::domain::enrollment::{Invitation, LinkToken};
use crate::domain::text::Text;

/// Where links lead.
pub(in crate::http) const ENROLLMENT_PATH: &str = "/enroll/{token}";

/// The link with `token`.
pub(in crate::http) fn enrollment_url(public_url: &str, token: &LinkToken) -> String {
    let path = ENROLLMENT_PATH.replace("{token}", token.expose());
    format!("{}{path}", public_url.trim_end_matches('/'))
}

pub(in crate::http) async fn show_enrollment(
    service: web::Data<Service>,
    path: web::Path<String>,
) -> Result<HttpResponse, HttpError> {
    let invitation = match LinkToken::parse(&path) {
        Some(token) => service.enrollments.open(token.hash(), service.clock.now()).await?,
        None => None,
    };
    Ok(invitation.map_or_else(gone, |invitation| show(&invitation)))
}

fn show(invitation: &Invitation) -> HttpResponse {
    let organization = Escaped(invitation.organization_name.as_str());
    let whom = match &invitation.profile_name {
        Some(name) => format!("<strong>{}</strong>", Escaped(name.as_str())),
        None => "you".to_owned(),
    };
    // Its time is within minutes of now, so its year can be written.
    let until = invitation.expires_at.format(&Rfc3339).unwrap_or_default();
    let body = format!(
        "<p><strong>{organization}</strong> invites {whom} to enroll for trusted access to the AI services that it provides.</p>\n\
         <p>Anyone who holds this link can open it until <time datetime=\"{until}\">{until}</time>.</p>"
    );
    page(StatusCode::OK, "Enrollment", &body)
}

/// Unknown, expired and erased look the same, so that nobody learns which links there were.
fn gone() -> HttpResponse {
    let body = "<p>It has expired or never existed. Ask whoever sent it to you for a new one.</p>";
    page(StatusCode::NOT_FOUND, "This link does not work", body)
}
