//! The listeners: workers, guarded connections and shutdown.

use std::fmt::Debug;
use std::future::ready;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_service::{ServiceFactory, ServiceFactoryExt, apply_fn_factory, map_config};
use actix_web::body::BoxBody;
use actix_web::dev::{AppConfig, Server, fn_service};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::from_fn;
use actix_web::rt::net::TcpStream;
use actix_web::{App, HttpResponse, web};

use super::connection::{ConnectionMetrics, GuardedStream, ListenerContext, Worker, answer};
use super::error::HttpError;
use super::metrics::RequestMetrics;
use super::middleware::request_log;
use super::routes;
use super::service::Service;
use super::settings::HttpSettings;
use crate::metrics;
use crate::metrics::Registry;

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
    let context = Arc::clone(&service.listener);
    let app = move || {
        let app = App::new()
            .app_data(web::Data::from(Arc::clone(&service)))
            .wrap(from_fn(request_log::record))
            .configure(routes::configure)
            .configure(pages)
            .default_service(web::to(async || Err::<HttpResponse, _>(HttpError::unknown_path())));
        map_config(app, |()| AppConfig::default())
    };
    listen(listener, &context, settings, app)
}

/// Serves `registry` at `/metrics` on `listener` until the returned server is stopped. Must be called within an actix system.
///
/// The listener has a port of its own: metrics are for operators, and a public port would depend on a proxy that blocks the path. Its
/// connections have the limits of `settings`, and count nowhere.
///
/// # Errors
/// The listener cannot be used.
pub fn serve_metrics(
    listener: TcpListener,
    registry: &Registry,
    service: &Service,
    settings: HttpSettings,
) -> std::io::Result<Server> {
    let uncounted = Registry::default();
    let context = ListenerContext {
        connections: ConnectionMetrics::new(&uncounted),
        requests: RequestMetrics::new(&uncounted),
        clock: Arc::clone(&service.listener.clock),
        ids: Arc::clone(&service.listener.ids),
    };
    let registry = registry.clone();
    let app = move || {
        let registry = registry.clone();
        let show = move || {
            let text = registry.text();
            async { HttpResponse::Ok().insert_header((CONTENT_TYPE, metrics::CONTENT_TYPE)).body(text) }
        };
        map_config(App::new().route("/metrics", web::get().to(show)), |()| AppConfig::default())
    };
    listen(listener, &Arc::new(context), settings, app)
}

/// Serves what `app` makes for each worker over guarded connections, as `HttpServer` does it, which takes no stream but its own.
fn listen<A, F>(
    listener: TcpListener,
    context: &Arc<ListenerContext>,
    settings: HttpSettings,
    app: F,
) -> std::io::Result<Server>
where
    F: Fn() -> A + Send + Clone + 'static,
    A: ServiceFactory<
            Request,
            Config = (),
            Response: Into<Response<BoxBody>>,
            Error = actix_web::Error,
            InitError: Debug,
            Service: 'static,
        > + 'static,
{
    let builder = Server::build();
    let shutdown = builder.graceful_shutdown_signal();
    let context = Arc::clone(context);
    let worker = move || {
        let app = apply_fn_factory(app(), answer).map_err(|error: actix_web::Error| error.error_response());
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
        let worker = Worker::new(Arc::clone(&context), settings);
        fn_service(move |io: TcpStream| {
            let peer = io.peer_addr().ok();
            let stream = GuardedStream::new(io, Rc::clone(&worker));
            ready(match stream {
                Some(stream) => Ok((stream, Protocol::Http1, peer)),
                None => Err(DispatchError::Io(ErrorKind::ConnectionAborted.into())),
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
