//! The format of a file, by its name.

use std::path::Path;

/// What stands for standard input or output instead of a file's name.
pub(super) const STANDARD_STREAM: &str = "-";

/// The ending of a compressed file.
const GZIP: &str = "gz";

/// Whether `path` names a file that is compressed with gzip.
pub(super) fn is_gzip(path: &Path) -> bool {
    has_extension(path, GZIP)
}

/// Whether `path` names a file of comma-separated values, perhaps a compressed one.
pub(super) fn is_csv(path: &Path) -> bool {
    let name = if is_gzip(path) { path.with_extension("") } else { path.to_owned() };
    has_extension(&name, "csv")
}

fn has_extension(path: &Path, wanted: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_that_of_the_last_endings() {
        for (name, csv, gzip) in [
            ("a.csv", true, false),
            ("a.CSV.GZ", true, true),
            ("a.ndjson.gz", false, true),
            ("csv", false, false),
            ("a.csv.ndjson", false, false),
            ("-", false, false),
        ] {
            assert_eq!((is_csv(Path::new(name)), is_gzip(Path::new(name))), (csv, gzip), "{name}");
        }
    }
}
