//! Enrollment links: a fresh one on every call, under its two names.

use actix_web::{HttpResponse, web};

use super::auth::Caller;
use super::body::JsonBytes;
use super::pages;
use super::profiles::{Answer, profile_id};
use super::server::Service;
use crate::api::links::{ActionUrl, CreateActionUrl, EnrollmentUrl};
use crate::api::{WireFormat, body};
use crate::domain::api_key::Scope;
use crate::domain::clock::Timestamp;
use crate::domain::enrollment::{Enrollment, LinkToken};
use crate::domain::id::{EnrollmentId, OrganizationId, ProfileId};
use crate::domain::{Error, ErrorKind};

pub(super) async fn create_enrollment_url(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> Answer {
    caller.permit("create_enrollment_url", Scope::ProfilesWrite)?;
    check_enabled(&service)?;
    let (url, expires_at) = create(&service, caller.organization(), profile_id(&path)?).await?;
    Ok(HttpResponse::Ok().json(EnrollmentUrl::new(url, expires_at)))
}

pub(super) async fn create_action_url<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request_body: JsonBytes,
) -> Answer {
    caller.permit("create_action_url", Scope::ProfilesWrite)?;
    check_enabled(&service)?;
    let id = profile_id(&path)?;
    let CreateActionUrl = body::parse(&request_body.0, F::VERSION, service.clock.now())?;
    let (url, expires_at) = create(&service, caller.organization(), id).await?;
    Ok(HttpResponse::Ok().json(ActionUrl::new(url, expires_at)))
}

/// With enrollment switched off, its links are nowhere to be found.
fn check_enabled(service: &Service) -> Result<(), Error> {
    if service.links.are_enabled { Ok(()) } else { Err(Error::new(ErrorKind::NotFound, "Enrollment is not available")) }
}

async fn create(
    service: &Service,
    organization: OrganizationId,
    profile_id: ProfileId,
) -> Result<(String, Timestamp), Error> {
    let now = service.clock.now();
    let token = LinkToken::from_random(service.randomness.bits()?);
    let enrollment = Enrollment {
        id: EnrollmentId::new(service.ids.next(now)),
        profile_id,
        created_at: now,
        expires_at: now + service.links.lifetime,
    };
    service.enrollments.create(organization, enrollment, token.hash()).await?;
    Ok((pages::enrollment_url(&service.links.public_url, &token), enrollment.expires_at))
}
