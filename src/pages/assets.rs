//! The files that the API reference loads: Swagger UI, and our script and style for it. Embedded, compressed.

use std::io::Read;
use std::sync::{LazyLock, OnceLock};

use actix_web::http::header::{self, AcceptEncoding, ContentEncoding, Encoding, Header};
use actix_web::{HttpRequest, HttpResponse, web};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use crate::domain::Error;
use crate::http::HttpError;

/// The path of an asset. `digest` changes with the content of any asset, so caches may store them without a limit.
pub(super) const ASSET_PATH: &str = "/docs/assets/{digest}/{name}";

struct Asset {
    name: &'static str,
    media_type: &'static str,
    gzip: &'static [u8],
    plain: OnceLock<web::Bytes>,
}

impl Asset {
    /// The uncompressed bytes. Decompressed once: anyone may ask for them, as often as they like.
    fn plain(&self) -> Result<web::Bytes, Error> {
        if let Some(plain) = self.plain.get() {
            return Ok(plain.clone());
        }
        let mut plain = Vec::new();
        GzDecoder::new(self.gzip).read_to_end(&mut plain).map_err(Error::internal)?;
        Ok(self.plain.get_or_init(|| plain.into()).clone())
    }
}

/// A file that `build.rs` has compressed.
macro_rules! asset {
    ($name:literal, $media_type:literal) => {
        Asset {
            name: $name,
            media_type: concat!($media_type, "; charset=utf-8"),
            gzip: include_bytes!(concat!(env!("OUT_DIR"), "/", $name, ".gz")),
            plain: OnceLock::new(),
        }
    };
}

static ASSETS: [Asset; 7] = [
    asset!("swagger-ui-bundle.js", "text/javascript"),
    asset!("swagger-ui.css", "text/css"),
    asset!("LICENSE", "text/plain"),
    asset!("NOTICE", "text/plain"),
    asset!("swagger-ui-bundle.js.LICENSE.txt", "text/plain"),
    asset!("reference.js", "text/javascript"),
    asset!("reference.css", "text/css"),
];

static DIGEST: LazyLock<String> = LazyLock::new(|| {
    let mut hasher = Sha256::new();
    for asset in &ASSETS {
        hasher.update(asset.gzip);
    }
    BASE64_URL_SAFE_NO_PAD.encode(&hasher.finalize()[..12])
});

static URL: LazyLock<String> = LazyLock::new(|| format!("/docs/assets/{}", *DIGEST));

/// The URL below which the assets are, without a slash at its end.
pub(super) fn assets_url() -> &'static str {
    &URL
}

/// `GET /docs/assets/{digest}/{name}`.
pub(super) async fn show_asset(
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, HttpError> {
    let (digest, name) = path.into_inner();
    let asset = ASSETS.iter().find(|asset| asset.name == name && digest == *DIGEST);
    let asset = asset.ok_or_else(HttpError::unknown_path)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.media_type)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "accept-encoding"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"));
    if accepts_gzip(&request) {
        return Ok(response.insert_header(ContentEncoding::Gzip).body(asset.gzip));
    }
    Ok(response.body(asset.plain()?))
}

fn accepts_gzip(request: &HttpRequest) -> bool {
    let accepted = AcceptEncoding::parse(request).ok();
    let negotiated = accepted.and_then(|accepted| accepted.negotiate([Encoding::gzip(), Encoding::identity()].iter()));
    negotiated == Some(Encoding::gzip())
}
