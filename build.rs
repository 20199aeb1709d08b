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

/// Files of Swagger UI's release archive, below its top folder.
const SWAGGER_UI: [&str; 4] = ["dist/swagger-ui-bundle.js", "dist/swagger-ui.css", "LICENSE", "NOTICE"];

/// Files of this repository.
const OURS: [&str; 2] = ["templates/reference.js", "templates/reference.css"];

type Result = result::Result<(), Box<dyn Error>>;

fn main() -> Result {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=migrations");
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    for index in 0..archive.len() {
        let file = archive.by_index(index)?;
        let path = file.name()?.split_once('/').map(|(_, path)| path.to_owned()).unwrap_or_default();
        if SWAGGER_UI.contains(&path.as_str()) {
            compress(file, &path)?;
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
