//! The history of a profile.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::WireFormat;
use crate::api::operator::history;
use crate::domain::credential::api_key::Scope;
use crate::http::handler::{HandlerResult, pairs, profile_id};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn list_user_profile_history<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    path: web::Path<String>,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("list_user_profile_history", Scope::Admin)?;
    let organization = caller.organization();
    let query = history::parse_query(organization, profile_id(&path)?, pairs(&request))?;
    let page = service.ports.history.list(organization, query).await?;
    Ok(HttpResponse::Ok().json(history::page::<F>(organization, query, page)?))
}
