//! The values of `--format`.

use clap::ValueEnum;

/// The formats of answers. The profiles of a list are printed one by one, except in `raw`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AnswerFormat {
    /// The same as json.
    #[default]
    Auto,
    /// The interactive explorer of `ant`, which is missing here: the same as json.
    #[value(hide = true)]
    Explore,
    /// JSON on several lines.
    Json,
    /// JSON on one line.
    Jsonl,
    /// For people.
    Pretty,
    /// The bytes that the server sent; of a list, one page.
    Raw,
    /// YAML; a list is a stream of documents.
    Yaml,
}
