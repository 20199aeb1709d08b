//! The listener: workers, guarded connections and shutdown.

use std::future::ready;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::{HttpService, KeepAlive, Protocol};
use actix_service::{ServiceFactoryExt, apply_fn_factory, map_config};
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpResponse, web};

use super::connection::{GuardedStream, Worker, answer};
use super::error::HttpError;
use super::middleware::request_log;
use super::routes;
use super::service::Service;
use super::settings::HttpSettings;

/// Evicted connections that may exist beside the new ones for which they make room, per worker. Beyond, none is accepted for a moment.
const LEAVING_CONNECTIONS: usize = 32;

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
    let builder = Server::build();
    let shutdown = builder.graceful_shutdown_signal();
    // As `HttpServer` does it, which takes no stream but its own.
    let worker = move || {
        let data = web::Data::from(Arc::clone(&service));
        let app = App::new()
            .app_data(data)
            .wrap(from_fn(request_log::record))
            .configure(routes::configure)
            .configure(pages)
            .default_service(web::to(async || Err::<HttpResponse, _>(HttpError::unknown_path())));
        let app = map_config(app, |()| AppConfig::default());
        let app = apply_fn_factory(app, answer).map_err(|error: actix_web::Error| error.error_response());
        let shutdown = shutdown.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let shutdown = shutdown.clone();
                async move { shutdown.notified().await }
            })
            // The stream has all deadlines.
            .keep_alive(if settings.keep_alive.is_zero() { KeepAlive::Disabled } else { KeepAlive::Os })
            .client_request_timeout(std::time::Duration::ZERO)
            .on_connect_ext(|stream: &GuardedStream, data| _ = data.insert(stream.connection()))
            .finish(app);
        let worker = Worker::new(Arc::clone(&service), settings);
        fn_service(move |io: TcpStream| {
            let peer = io.peer_addr().ok();
            let stream = GuardedStream::new(io, Rc::clone(&worker));
            ready(match stream {
                Some(stream) => Ok((stream, Protocol::Http1, peer)),
                None => Err(actix_http::error::DispatchError::Io(ErrorKind::ConnectionAborted.into())),
            })
        })
        .and_then(http)
    };
    Ok(builder
        .workers(settings.workers)
        .max_concurrent_connections(settings.connections_per_worker() + LEAVING_CONNECTIONS)
        // actix takes whole seconds: round up, so that 0.5 s does not become 0.
        .shutdown_timeout(settings.grace.as_secs() + u64::from(settings.grace.subsec_nanos() > 0))
        .disable_signals()
        .listen("http", listener, worker)?
        .run())
}
