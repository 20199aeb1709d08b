//! The API reference: its pages, and the files that they load.

use std::io::Read;

use flate2::read::GzDecoder;
use uprof::api::document::ApiDocument;
use uprof::domain::label::EnumLabel;
use ureq::http::Method;

use crate::support::page::Page;
use crate::support::{TestApp, Wire};

/// The reference pages: of every document, and of the newest version at `/docs`.
fn reference_paths() -> Vec<(String, &'static str)> {
    let pages = ApiDocument::ALL.iter().map(|document| (format!("/docs/{}", document.as_str()), document.as_str()));
    pages.chain([("/docs".to_owned(), "ga")]).collect()
}

/// The values of the attributes `name` in `html`.
fn attributes<'a>(html: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    html.split(&*start).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

#[test]
fn the_reference_shows_each_document_and_links_to_the_others() {
    let app = TestApp::start();
    for (path, document) in reference_paths() {
        let url = format!("http://{}{path}", app.address);
        let page = Page::open(&url);
        assert_eq!(page.status, 200, "{path}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            assert_eq!(page.header(name), value, "{path} {name}");
        }
        let policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        assert_eq!(page.header("content-security-policy"), policy);
        assert_eq!(attributes(&page.text, "data-document"), [format!("/openapi/{document}.json")]);
        let links = attributes(&page.text, "href");
        for other in ApiDocument::ALL {
            assert!(links.contains(&&*format!("/docs/{}", other.as_str())), "{path} {links:?}");
        }
        let current = format!("<a href=\"/docs/{document}\" aria-current=\"page\">{document}</a>");
        assert!(page.text.contains(&current) && page.text.matches("aria-current").count() == 1, "{}", page.text);
        let head = Page::ask(&Method::HEAD, &url, &[]);
        assert_eq!((head.status, &*head.text), (200, ""));
        assert_eq!(head.header("content-length"), page.text.len().to_string());
    }
    for path in ["/docs/2025-01-01", "/docs/", "/docs/assets", "/docs/assets/x", "/docs/assets/x/reference.js"] {
        assert_eq!(app.client.without_key().get(path).send().refused(404), "Not found", "{path}");
    }
}

#[test]
fn the_reference_loads_nothing_from_another_host() {
    let app = TestApp::start();
    for (path, _) in reference_paths() {
        let page = Page::open(&format!("http://{}{path}", app.address));
        for url in [attributes(&page.text, "href"), attributes(&page.text, "src")].concat() {
            assert!(url == "data:," || url.starts_with('/') && !url.starts_with("//"), "{path} {url}");
        }
        for inline in ["<script>", "<style", " style=", " onload=", "javascript:"] {
            assert!(!page.text.contains(inline), "{path} {inline}");
        }
    }
    for (name, text) in assets(&app) {
        match &*name {
            "swagger-ui.css" | "reference.css" => {
                let targets: Vec<_> = text.split("url(").skip(1).map(|rest| rest.trim_start_matches('"')).collect();
                assert!(targets.iter().all(|target| target.starts_with("data:")), "{name}");
                assert!(!text.contains("@import"), "{name}");
            }
            // What Swagger UI would load by itself is switched off here; the page's policy blocks any other host.
            "reference.js" => assert!(!text.contains("://") && text.contains("validatorUrl: null"), "{text}"),
            _ => {}
        }
    }
}

/// The assets that the reference names, decompressed. Asserts how each is served.
fn assets(app: &TestApp) -> Vec<(String, String)> {
    let page = Page::open(&format!("http://{}/docs", app.address));
    let links = [attributes(&page.text, "href"), attributes(&page.text, "src")].concat();
    let paths: Vec<_> = links.into_iter().filter(|url| url.starts_with("/docs/assets/")).collect();
    let asset = |path: &&str| {
        let plain = Page::open(&format!("http://{}{path}", app.address));
        let (_, name) = path.rsplit_once('/').unwrap();
        let kind = match name.rsplit_once('.') {
            Some((_, "js")) => "text/javascript; charset=utf-8",
            Some((_, "css")) => "text/css; charset=utf-8",
            _ => "text/plain; charset=utf-8",
        };
        assert_eq!((plain.status, plain.header("content-encoding")), (200, ""), "{path}");
        let mut wire = Wire::connect(app.address);
        wire.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\naccept-encoding: br, gzip\r\nconnection: close\r\n\r\n"));
        let (status, headers) = wire.head();
        assert_eq!((status, headers["content-encoding"].to_str().unwrap()), (200, "gzip"), "{path}");
        for (name, value) in [
            ("content-type", kind),
            ("cache-control", "public, max-age=31536000, immutable"),
            ("vary", "accept-encoding"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!((plain.header(name), headers[name].to_str().unwrap()), (value, value), "{path} {name}");
        }
        let mut text = String::new();
        GzDecoder::new(&*wire.rest()).read_to_string(&mut text).unwrap();
        assert!(text == plain.text, "{path} differs by its encoding");
        (name.to_owned(), text)
    };
    paths.iter().map(asset).collect()
}

#[test]
fn the_assets_of_the_reference_are_served_compressed_or_plain_with_their_license() {
    let app = TestApp::start();
    let assets = assets(&app);
    let mut names: Vec<_> = assets.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let notices = "swagger-ui-bundle.js.LICENSE.txt";
    let expected =
        ["LICENSE", "NOTICE", "reference.css", "reference.js", "swagger-ui-bundle.js", notices, "swagger-ui.css"];
    assert_eq!(names, expected);
    let text = |name: &str| &*assets.iter().find(|(found, _)| found == name).unwrap().1;
    assert!(text("LICENSE").contains("Apache License") && text("NOTICE").contains("SmartBear"));
    // The bundle refers to its third-party notices by this name.
    assert!(text("swagger-ui-bundle.js").lines().next().unwrap().contains(notices));
    assert!(text(notices).contains("React") && text(notices).contains("DOMPurify"));
}

#[test]
fn the_root_leads_a_browser_to_the_reference_and_is_nothing_for_programs() {
    let app = TestApp::start();
    let url = format!("http://{}/", app.address);
    let browsers = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (method, accept) in [(Method::GET, browsers), (Method::HEAD, browsers), (Method::GET, "text/html")] {
        let page = Page::ask(&method, &url, &[("accept", accept)]);
        assert_eq!((page.status, page.header("location"), &*page.text), (302, "docs", ""), "{method} {accept}");
        assert_eq!((page.header("vary"), page.header("cache-control")), ("accept", "no-store"));
    }
    assert_eq!(Page::open(&format!("{url}docs")).status, 200);
    let program = app.client.without_key();
    assert_eq!(program.get("/").send().refused(404), "Not found");
    assert_eq!(program.get("/").header("accept", "*/*").send().refused(404), "Not found");
    assert_eq!(program.call(Method::POST, "/").send().header("allow"), Some("GET, HEAD"));
}
