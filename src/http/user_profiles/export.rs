//! The export of profiles, generic over the API version.

use std::rc::Rc;

use actix_web::http::header::ACCEPT;
use actix_web::http::{ConnectionType, Method, Version, header};
use actix_web::{HttpRequest, HttpResponse, web};

use super::export_stream::ExportStream;
use crate::api::WireFormat;
use crate::api::export::{ExportFormat, parse_query};
use crate::domain::Error;
use crate::domain::credential::api_key::Scope;
use crate::http::handler::{HandlerResult, pairs};
use crate::http::middleware::auth::Caller;
use crate::http::request_record::RequestRecord;
use crate::http::service::Service;

/// Answers once the first page has been read: what is wrong until then has a status of its own.
pub(in crate::http) async fn export_user_profiles<F: WireFormat>(
    service: web::Data<Service>,
    caller: Caller,
    request: HttpRequest,
) -> HandlerResult {
    caller.permit("export_user_profiles", Scope::ProfilesRead)?;
    let query = parse_query::<F>(caller.organization(), accepted(&request), pairs(&request))?;
    let format = query.format;
    let permit = service.exports.begin(caller.organization())?;
    let record = RequestRecord::of(&request).ok_or_else(|| Error::internal("request record missing"))?;
    let mut answer = HttpResponse::Ok();
    answer.content_type(format.content_type()).insert_header((header::VARY, "accept"));
    let stream = ExportStream::<F>::begin(service, caller.organization(), &query, permit, Rc::clone(&record)).await?;
    if request.method() == Method::HEAD {
        // actix would read the whole body to discard it.
        return Ok(answer.finish());
    }
    let mut answer = answer.body(stream);
    if request.version() < Version::HTTP_11 {
        // Such a client knows no chunks: the stream ends with its connection.
        answer.head_mut().no_chunking(true);
        answer.head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}

fn accepted(request: &HttpRequest) -> ExportFormat {
    let lines = request.headers().get_all(ACCEPT).filter_map(|line| line.to_str().ok());
    ExportFormat::accepted(&lines.collect::<Vec<_>>().join(","))
}
