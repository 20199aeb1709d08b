//! The query parameter of a batch.

use crate::api::wire::parameters::Parameters;
use crate::domain::Result;
use crate::domain::error::reason;

const ATOMIC: &str = "atomic";

/// How many letters may differ in a misspelt parameter.
const MOST_ERRORS: usize = 2;

/// Whether the query string's `pairs` ask for a batch that is done as a whole or not at all.
///
/// # Errors
/// `Invalid` for another value than `true` and `false`, and for a misspelt parameter, which must not make the batch one whose requests fail alone. Other
/// unknown parameters are ignored, as everywhere.
pub fn parse_query(pairs: Vec<(String, String)>) -> Result<bool> {
    let misspelt: Vec<_> = pairs.iter().map(|(name, _)| name.clone()).filter(|name| is_misspelt(name)).collect();
    let mut parameters = Parameters::new(&[ATOMIC], pairs);
    let is_atomic = parameters.one(ATOMIC, |text| match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(reason("type", "Input should be `true` or `false`")),
    });
    for name in misspelt {
        let about = format!("Unknown parameter; the nearest known one is `{ATOMIC}`");
        parameters.violate(name, reason("unknown", about));
    }
    parameters.finish()?;
    Ok(is_atomic.unwrap_or_default())
}

fn is_misspelt(name: &str) -> bool {
    let letters = name.to_ascii_lowercase();
    let is_near = letters.starts_with(ATOMIC) || strsim::damerau_levenshtein(&letters, ATOMIC) <= MOST_ERRORS;
    is_near && name != ATOMIC
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(query: &[(&str, &str)]) -> Result<bool> {
        parse_query(query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_batch_is_atomic_only_if_it_says_so() {
        assert!(parsed(&[("atomic", "true"), ("beta", "true"), ("atomic", "true")]).unwrap());
        for query in [&[][..], &[("atomic", "false")], &[("beta", "true"), ("limit", "7")]] {
            assert!(!parsed(query).unwrap(), "{query:?}");
        }
    }

    #[test]
    fn a_misspelt_parameter_and_another_value_are_refused() {
        for query in [
            ("atomic", "1"),
            ("atomic", "True"),
            ("atomic", ""),
            ("Atomic", "true"),
            ("atomci", "true"),
            ("atom", "true"),
            ("atomic[]", "true"),
            ("atomic[x]", "true"),
        ] {
            assert!(parsed(&[query]).is_err(), "{query:?}");
        }
        assert!(parsed(&[("atomic", "true"), ("atomic", "false")]).is_err());
    }
}
