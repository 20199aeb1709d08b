//! The documents under `openapi/` are those that the code makes, and what was published once stays as it is.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use uprof::api::ApiVersion;
use uprof::api::document::document_text;
use uprof::domain::word::Word;

/// The documents that clients are written against. Only the newest shape may still change.
const FROZEN: [(ApiVersion, &str); 3] = [
    (ApiVersion::V2026_03_24, "uR85OdkTv0Rxl7jHRhIxPtftHrUbCamEjD/hKVrCjwo="),
    (ApiVersion::V2026_08_18, "x9zWYtf6GZxBxDsONi1PPTfRak0rvCkM1rDEOVJ+gt4="),
    (ApiVersion::V2026_09_04, "iloaMzA9wY4HbxYMvGKYVzCuiiodxUVEzZkDPGB4VGQ="),
];

fn kept(version: ApiVersion) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("openapi/{}.json", version.as_str()));
    fs::read_to_string(file).unwrap_or_default()
}

#[test]
fn every_kept_document_is_the_one_that_the_code_makes() {
    for version in ApiVersion::ALL {
        let label = version.as_str();
        assert!(
            kept(*version) == document_text(*version),
            "openapi/{label}.json is not what the code makes: say `uprof openapi --version {label} > openapi/{label}.json` \
             and look at the difference"
        );
    }
}

#[test]
fn the_documents_of_all_shapes_but_the_newest_never_change() {
    for (version, digest) in FROZEN {
        let found = BASE64_STANDARD.encode(Sha256::digest(kept(version)));
        assert_eq!(
            found,
            digest,
            "openapi/{}.json is frozen and has changed: clients are written against it, so what is new belongs into a new shape",
            version.as_str()
        );
    }
}

#[test]
fn every_shape_but_the_newest_is_frozen() {
    let frozen = FROZEN.map(|(version, _)| version);
    let newest = ApiVersion::ALL.iter().max().unwrap();
    assert_eq!(ApiVersion::ALL.iter().filter(|version| *version != newest).collect::<Vec<_>>(), frozen.each_ref());
}

#[test]
fn there_is_no_document_of_another_shape() {
    let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")).unwrap();
    let mut files: Vec<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: Vec<_> = ApiVersion::ALL.iter().map(|version| format!("{}.json", version.as_str())).collect();
    files.sort();
    expected.sort();
    assert_eq!(files, expected);
}
