//! Probes: whether the process lives, and whether it can serve.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::error::HttpError;
use super::service::Service;
use crate::domain::{Error, ErrorKind};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// Answers while the process lives.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "live" })
}

/// Answers while requests are welcome and the database answers.
pub(super) async fn ready(service: web::Data<Service>) -> Result<HttpResponse, HttpError> {
    if service.is_draining() {
        return Err(Error::new(ErrorKind::Unavailable, "The service is shutting down").into());
    }
    service.ports.readiness.check().await?;
    Ok(HttpResponse::Ok().json(Health { status: "ready" }))
}
