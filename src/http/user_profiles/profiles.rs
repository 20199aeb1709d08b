//! The operations on profiles, generic over the API version.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::profile_list::{ListBody, parse_query};
use crate::api::v2026_03_24::deletion::DeletedProfile;
use crate::api::{WireFormat, profile_body};
use crate::domain::credential::api_key::Scope;
use crate::domain::id::ProfileId;
use crate::domain::idempotency::Idempotency;
use crate::domain::label::EnumLabel;
use crate::domain::limit::quota::Resource;
use crate::domain::profile::{Profile, ProfileDraft, ProfileUpdate};
use crate::http::body::json_body::JsonBytes;
use crate::http::conditional::{entity_tag, if_match, tagged};
use crate::http::handler::{HandlerResult, json_of_about, pairs, profile_id};
use crate::http::idempotency::replay::IdempotentRequest;
use crate::http::limits::quotas;
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(in crate::http) async fn create_user_profile<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("create_user_profile", Scope::ProfilesWrite)?;
    let now = service.ports.clock.now();
    let draft: ProfileDraft = profile_body::parse::<F::CreateProfile>(&request_body.0, F::VERSION, now)?.into();
    let profile = draft.into_profile(ProfileId::new(service.ports.ids.next(now)), now);
    let request = IdempotentRequest::of(&service, &caller, &request, F::VERSION.as_str(), &request_body.0)?;
    let (profiles, organization, by) = (&service.ports.profiles, caller.organization(), caller.key().id);
    let create = async |request: Option<Idempotency<Profile>>| {
        let key = request.as_ref().map(|request| &request.key);
        quotas::admit(&service, &caller, (Resource::Profiles, 1), key).await?;
        profiles.create(organization, profile, by, request).await
    };
    request.answer_profile::<F, _>(create).await
}

pub(in crate::http) async fn list_user_profiles<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_user_profiles", Scope::ProfilesRead)?;
    let query = parse_query::<F>(caller.organization(), pairs(&request))?;
    let page = service.ports.profiles.list(caller.organization(), query.clone(), service.ports.clock.now()).await?;
    let bytes = page.items.len() * TYPICAL_BYTES + TYPICAL_BYTES;
    json_of_about(bytes, &ListBody::<F::ListedProfile>::new(caller.organization(), &query, page))
}

/// About how many bytes a profile of a page has.
const TYPICAL_BYTES: usize = 300;

pub(in crate::http) async fn retrieve_user_profile<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
) -> HandlerResult {
    caller.permit("retrieve_user_profile", Scope::ProfilesRead)?;
    let id = profile_id(&path)?;
    let profile = service.ports.profiles.retrieve(caller.organization(), id, service.ports.clock.now()).await?;
    let tag = entity_tag(profile.revision, F::VERSION);
    Ok(tagged(tag).json(F::Profile::from(profile)))
}

pub(in crate::http) async fn update_user_profile<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
    request_body: JsonBytes,
) -> HandlerResult {
    caller.permit("update_user_profile", Scope::ProfilesWrite)?;
    let id = profile_id(&path)?;
    let now = service.ports.clock.now();
    let changes = profile_body::parse::<F::UpdateProfile>(&request_body.0, F::VERSION, now)?.into();
    let update = ProfileUpdate { patch: changes, condition: if_match(&request)?, by: caller.key().id, now };
    let request = IdempotentRequest::of(&service, &caller, &request, F::VERSION.as_str(), &request_body.0)?;
    let (profiles, organization) = (&service.ports.profiles, caller.organization());
    request.answer_profile::<F, _>(|key| profiles.update(organization, id, update, key)).await
}

pub(in crate::http) async fn delete_user_profile(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("delete_user_profile", Scope::ProfilesWrite)?;
    let (id, condition) = (profile_id(&path)?, if_match(&request)?);
    service.ports.profiles.delete(caller.organization(), id, condition, service.ports.clock.now()).await?;
    Ok(HttpResponse::Ok().json(DeletedProfile::new(id)))
}
