//! Enrollment links: a new one on every call, under the two names of the operation.

use actix_web::{HttpRequest, web};
use serde::Serialize;

use crate::api::WireFormat;
use crate::api::body;
use crate::api::v2026_03_24::links::{ActionUrl, CreateActionUrl, EnrollmentUrl};
use crate::domain::clock::Timestamp;
use crate::domain::credential::api_key::Scope;
use crate::domain::id::{EnrollmentId, ProfileId};
use crate::domain::idempotency::Idempotency;
use crate::domain::label::EnumLabel;
use crate::domain::limit::quota::Resource;
use crate::domain::trust::enrollment::{Enrollment, LinkToken};
use crate::domain::{Error, ErrorKind};
use crate::http::body::json_body::JsonBytes;
use crate::http::handler::{HandlerResult, profile_id};
use crate::http::idempotency::replay::IdempotentRequest;
use crate::http::limits::quotas;
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(in crate::http) async fn create_enrollment_url<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("create_enrollment_url", Scope::ProfilesWrite)?;
    check_enabled(&service)?;
    let id = profile_id(&path)?;
    let request = IdempotentRequest::of(&service, &caller, &request, F::VERSION.as_str(), &[])?;
    create(&service, &caller, id, request, EnrollmentUrl::new).await
}

pub(in crate::http) async fn create_action_url<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("create_action_url", Scope::ProfilesWrite)?;
    check_enabled(&service)?;
    let id = profile_id(&path)?;
    let CreateActionUrl = body::parse(&request_body.0, service.ports.clock.now())?;
    let request = IdempotentRequest::of(&service, &caller, &request, F::VERSION.as_str(), &request_body.0)?;
    create(&service, &caller, id, request, ActionUrl::new).await
}

/// Without enrollment these paths are answered as unknown ones.
fn check_enabled(service: &Service) -> Result<(), Error> {
    if service.links.are_enabled { Ok(()) } else { Err(Error::new(ErrorKind::NotFound, "Enrollment is not available")) }
}

async fn create<A: Serialize + 'static>(
    service: &Service,
    caller: &Caller,
    profile_id: ProfileId,
    request: IdempotentRequest<'_>,
    encode: fn(String, Timestamp) -> A,
) -> HandlerResult {
    let now = service.ports.clock.now();
    let token = LinkToken::from_random(service.ports.randomness.bits()?);
    let enrollment = Enrollment {
        id: EnrollmentId::new(service.ports.ids.next(now)),
        profile_id,
        created_at: now,
        expires_at: now + service.links.lifetime,
    };
    let (url, expires_at) = (service.links.url(&token), enrollment.expires_at);
    let (enrollments, organization) = (&service.ports.enrollments, caller.organization());
    let encode = move |()| encode(url.clone(), expires_at);
    let create = async |request: Option<Idempotency<()>>| {
        let key = request.as_ref().map(|request| &request.key);
        quotas::admit(service, caller, (Resource::OpenLinks, 1), key).await?;
        enrollments.create(organization, enrollment, token.hash(), request).await
    };
    request.answer_sealed(encode, create).await
}
