//! Paths with their handlers by method.

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route, web};

use super::error::HttpError;

/// A path and its handlers. HEAD is answered wherever GET is; any other method with 405 and an `allow` header.
pub(crate) struct PathResource {
    resource: Resource,
    head: Option<Route>,
    allowed: Vec<Method>,
}

/// The resource at `pattern`, without a handler yet.
pub(crate) fn path(pattern: &str) -> PathResource {
    PathResource { resource: web::resource(pattern), head: None, allowed: Vec::new() }
}

impl PathResource {
    pub(crate) fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.head = Some(web::head().to(handler.clone()));
        let mut resource = self.on(Method::GET, handler);
        resource.allowed.push(Method::HEAD);
        resource
    }

    pub(crate) fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::POST, handler)
    }

    pub(crate) fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.on(Method::DELETE, handler)
    }

    fn on<F, Args>(mut self, method: Method, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.resource = self.resource.route(web::method(method.clone()).to(handler));
        self.allowed.push(method);
        self
    }
}

impl HttpServiceFactory for PathResource {
    fn register(self, config: &mut AppService) {
        let Self { mut resource, head, allowed } = self;
        // Last, for routes are compared in order and HEAD is rare.
        if let Some(head) = head {
            resource = resource.route(head);
        }
        let refused = move || {
            let error = HttpError::method_not_allowed(&allowed);
            async { Err::<HttpResponse, _>(error) }
        };
        resource.default_service(web::to(refused)).register(config);
    }
}
