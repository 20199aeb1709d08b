//! The values of `--format`.

use clap::ValueEnum;

/// The forms of what is printed. Of a list, each profile is printed by itself, but in `raw`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum AnswerFormat {
    /// As json.
    #[default]
    Auto,
    /// JSON over several lines.
    Json,
    /// JSON in one line.
    Jsonl,
    /// For people.
    Pretty,
    /// What the server sent, as it sent it; of a list, one page.
    Raw,
    /// YAML; a list is a stream of documents.
    Yaml,
}
