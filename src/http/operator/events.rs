//! Events of an organization's profiles.

use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::operator::event;
use crate::domain::credential::api_key::Scope;
use crate::http::handler::{HandlerResult, pairs};
use crate::http::middleware::auth::Caller;
use crate::http::service::Service;

pub(super) async fn list_events(service: web::Data<Service>, caller: Caller, request: HttpRequest) -> HandlerResult {
    caller.permit("list_events", Scope::Admin)?;
    let organization = caller.organization();
    let query = event::parse_query(organization, pairs(&request))?;
    let page = service.ports.events.list(organization, query.clone()).await?;
    Ok(HttpResponse::Ok().json(event::page(organization, &query, page)))
}
