//! Liveness and readiness probes.

use actix_web::{HttpResponse, web};
use serde::Serialize;

use super::error::HttpError;
use super::service::Service;
use crate::domain::{Error, ErrorKind};

#[derive(Serialize)]
struct Health {
    status: &'static str,
}

/// `GET /health/live`: 200 while the process runs.
pub(super) async fn live() -> HttpResponse {
    HttpResponse::Ok().json(Health { status: "live" })
}

/// `GET /health/ready`: 200 unless the service is shutting down or the database cannot serve.
pub(super) async fn ready(service: web::Data<Service>) -> Result<HttpResponse, HttpError> {
    if service.is_draining() {
        return Err(Error::new(ErrorKind::Unavailable, "The service is shutting down").into());
    }
    service.ports.readiness.check().await?;
    Ok(HttpResponse::Ok().json(Health { status: "ready" }))
}
