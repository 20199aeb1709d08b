//! What happened to profiles.

use actix_web::{HttpRequest, HttpResponse, web};

use super::super::auth::Caller;
use super::super::profiles::{Answer, pairs};
use super::super::server::Service;
use crate::api::operator::event;
use crate::domain::api_key::Scope;

pub(super) async fn list_events(service: web::Data<Service>, caller: Caller, request: HttpRequest) -> Answer {
    caller.permit("list_events", Scope::Admin)?;
    let organization = caller.organization();
    let query = event::parse_query(organization, pairs(&request))?;
    let page = service.events.list(organization, query.clone()).await?;
    Ok(HttpResponse::Ok().json(event::page(organization, &query, page)))
}
