//! The listener: workers, connection timeouts and shutdown.

use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::{App, HttpResponse, HttpServer, web};

use super::error::HttpError;
use super::middleware::request_log;
use super::routes;
use super::service::Service;
use super::settings::HttpSettings;

/// Serves the API of `service`, and what `pages` mounts, on `listener` until the returned server is stopped. Must be called within an
/// actix system.
///
/// # Errors
/// The listener cannot be used.
pub fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    settings: HttpSettings,
    pages: fn(&mut web::ServiceConfig),
) -> std::io::Result<Server> {
    let service = web::Data::from(service);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(service.clone())
            .wrap(from_fn(request_log::record))
            .configure(routes::configure)
            .configure(pages)
            .default_service(web::to(async || Err::<HttpResponse, _>(HttpError::unknown_path())))
    });
    Ok(server
        .workers(settings.workers)
        .client_request_timeout(settings.header_timeout)
        .keep_alive(settings.keep_alive)
        // actix takes whole seconds: round up, so that 0.5 s does not become 0.
        .shutdown_timeout(settings.grace.as_secs() + u64::from(settings.grace.subsec_nanos() > 0))
        .disable_signals()
        .listen(listener)?
        .run())
}
