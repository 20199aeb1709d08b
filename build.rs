//! Prepares what the binary embeds: migrations, and the files of the API reference, compressed.

use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};
use std::{env, result};

use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// The top folder of Swagger UI's release archive. The archive lacks the third-party notices that its bundle names: a new release needs
/// those of its `swagger-ui-dist` package in `templates/`.
const SWAGGER_UI_RELEASE: &str = "swagger-ui-5.32.6";

/// Files of the archive, below its top folder.
const SWAGGER_UI: [&str; 4] = ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE", "NOTICE"];

/// Files of this repository.
const OURS: [&str; 3] =
    ["templates/reference.js", "templates/reference.css", "templates/swagger-ui-bundle.js.LICENSE.txt"];

type Result = result::Result<(), Box<dyn Error>>;

fn main() -> Result {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for index in 0..archive.len() {
        let file = archive.by_index(index)?;
        let name = file.name()?.into_owned();
        let path = name.strip_prefix(SWAGGER_UI_RELEASE).and_then(|path| path.strip_prefix('/'));
        let path =
            path.ok_or("Swagger UI was updated: update its third-party notices in templates/, and SWAGGER_UI_RELEASE")?;
        if SWAGGER_UI.contains(&path) {
            compress(file, path)?;
        }
    }
    for path in OURS {
        println!("cargo:rerun-if-changed={path}");
        compress(File::open(path)?, path)?;
    }
    Ok(())
}

/// Writes `content` to `OUT_DIR` under the file name of `path` and `.gz`.
fn compress(mut content: impl Read, path: &str) -> Result {
    let name = Path::new(path).file_name().ok_or("a file has a name")?;
    let mut target = PathBuf::from(env::var("OUT_DIR")?);
    target.push(format!("{}.gz", name.display()));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    io::copy(&mut content, &mut encoder)?;
    fs::write(target, encoder.finish()?)?;
    Ok(())
}
