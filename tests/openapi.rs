//! The documents under `openapi/` are those that the code generates; published ones never change, but for paths that are added to them.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uprof::api::ApiVersion;
use uprof::api::document::{ApiDocument, document_text};
use uprof::domain::label::EnumLabel;

/// The documents that clients are written against. Only the newest shape may still change.
const FROZEN: [(ApiVersion, &str); 3] = [
    (ApiVersion::V2026_03_24, "uR85OdkTv0Rxl7jHRhIxPtftHrUbCamEjD/hKVrCjwo="),
    (ApiVersion::V2026_08_18, "x9zWYtf6GZxBxDsONi1PPTfRak0rvCkM1rDEOVJ+gt4="),
    (ApiVersion::V2026_09_04, "3wZmhSAWn78fSrytbXZmL/IlKNV3dMjhbfbp6KMK7gk="),
];

/// What was added to a frozen document since.
struct Addition {
    version: ApiVersion,
    /// Of the document without the addition.
    before: &'static str,
    paths: &'static [&'static str],
    schemas: &'static [&'static str],
}

const ADDITIONS: [Addition; 1] = [Addition {
    version: ApiVersion::V2026_09_04,
    before: "iloaMzA9wY4HbxYMvGKYVzCuiiodxUVEzZkDPGB4VGQ=",
    paths: &["/v1/user_profiles/{user_profile_id}/providers/google/data_controls"],
    schemas: &["GoogleDataControls", "UpdateGoogleDataControls"],
}];

fn digest(text: &str) -> String {
    BASE64_STANDARD.encode(Sha256::digest(text))
}

fn stored(subject: ApiDocument) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("openapi/{}.json", subject.as_str()));
    fs::read_to_string(file).unwrap_or_default()
}

#[test]
fn every_stored_document_is_the_one_that_the_code_generates() {
    for subject in ApiDocument::ALL {
        let label = subject.as_str();
        assert!(
            stored(*subject) == document_text(*subject),
            "openapi/{label}.json differs from the generated document: run `uprof openapi --version {label} > openapi/{label}.json` \
             and review the difference"
        );
    }
}

#[test]
fn the_documents_of_all_shapes_but_the_newest_never_change() {
    for (version, expected) in FROZEN {
        assert_eq!(
            digest(&stored(ApiDocument::Version(version))),
            expected,
            "openapi/{}.json is frozen and has changed: clients depend on it; a change belongs into a new version",
            version.as_str()
        );
    }
}

#[test]
fn without_what_was_added_to_it_a_frozen_document_is_what_it_was() {
    for Addition { version, before, paths, schemas } in ADDITIONS {
        let mut document: Value = serde_json::from_str(&stored(ApiDocument::Version(version))).unwrap();
        for (place, names) in [("/paths", paths), ("/components/schemas", schemas)] {
            let there = document.pointer_mut(place).unwrap().as_object_mut().unwrap();
            assert!(names.iter().all(|name| there.remove(*name).is_some()), "{names:?}");
        }
        assert_eq!(digest(&format!("{document:#}\n")), before, "{}", version.as_str());
    }
}

#[test]
fn every_shape_but_the_newest_is_frozen() {
    let frozen = FROZEN.map(|(version, _)| version);
    let newest = ApiVersion::NEWEST;
    assert_eq!(ApiVersion::ALL.iter().filter(|version| **version != newest).collect::<Vec<_>>(), frozen.each_ref());
}

#[test]
fn every_shape_has_a_document() {
    let shapes =
        |subject: &ApiDocument| if let ApiDocument::Version(version) = subject { Some(*version) } else { None };
    assert_eq!(ApiDocument::ALL.iter().filter_map(shapes).collect::<Vec<_>>(), ApiVersion::ALL);
}

#[test]
fn the_folder_has_no_other_files() {
    let folder = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi")).unwrap();
    let mut files: Vec<_> = folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    let mut expected: Vec<_> = ApiDocument::ALL.iter().map(|subject| format!("{}.json", subject.as_str())).collect();
    files.sort();
    expected.sort();
    assert_eq!(files, expected);
}
