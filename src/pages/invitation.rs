//! The pages of an enrollment link, by the state of its grant.

use actix_web::HttpResponse;
use askama::Template;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;

use super::sheet::{sheet, sheet_with_form};
use crate::domain::text::Text;
use crate::domain::trust::enrollment::{ENROLLED_GRANT, Invitation};
use crate::domain::trust::grant::TrustGrantStatus;

/// `7 March 2026, 09:05 UTC`, with spaces that do not break.
const READABLE_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[day padding:none]\u{a0}[month repr:long] [year], [hour]:[minute]\u{a0}UTC");

#[derive(Template)]
#[template(path = "enrollment/form.html")]
struct Form<'a> {
    organization: &'a str,
    profile_name: Option<&'a str>,
    grant: &'static str,
    /// RFC 3339.
    expires_at: String,
    expires_at_text: String,
}

#[derive(Template)]
#[template(path = "enrollment/pending.html")]
struct Pending<'a> {
    organization: &'a str,
}

#[derive(Template)]
#[template(path = "enrollment/active.html")]
struct Active<'a> {
    organization: &'a str,
}

#[derive(Template)]
#[template(path = "enrollment/submitted.html")]
struct Submitted;

#[derive(Template)]
#[template(path = "enrollment/invalid_link.html")]
struct InvalidLink;

#[derive(Template)]
#[template(path = "enrollment/cross_site.html")]
struct CrossSite;

/// The form, or the state of a grant that needs none.
pub(super) fn invitation_page(invitation: &Invitation) -> HttpResponse {
    let organization = invitation.organization_name.as_str();
    let mut ok = HttpResponse::Ok();
    match invitation.grant_status {
        Some(TrustGrantStatus::Pending) => sheet(&mut ok, "Your request is under review", Pending { organization }),
        Some(TrustGrantStatus::Active) => sheet(&mut ok, "You have trusted access", Active { organization }),
        Some(TrustGrantStatus::Rejected) | None => {
            let form = Form {
                organization,
                profile_name: invitation.profile_name.as_ref().map(Text::as_str),
                grant: ENROLLED_GRANT,
                // A link expires within a year, and every such time can be formatted.
                expires_at: invitation.expires_at.format(&Rfc3339).unwrap_or_default(),
                expires_at_text: invitation.expires_at.format(READABLE_TIME).unwrap_or_default(),
            };
            sheet_with_form(&mut ok, "Apply for trusted access", form)
        }
    }
}

/// The page after the form was sent. It names neither the organization nor the person, so everyone may open it.
pub(super) fn submitted_page() -> HttpResponse {
    sheet(&mut HttpResponse::Ok(), "Your request has been made", Submitted)
}

/// The same page for unknown, expired, used and erased links, so that it does not reveal which links existed.
pub(super) fn invalid_link_page() -> HttpResponse {
    sheet(&mut HttpResponse::NotFound(), "This link does not work", InvalidLink)
}

/// The page for a form that another site sent.
pub(super) fn cross_site_page() -> HttpResponse {
    sheet(&mut HttpResponse::Forbidden(), "Your request was not sent", CrossSite)
}
