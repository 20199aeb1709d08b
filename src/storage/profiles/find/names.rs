//! Ranges of names in the order of the "C" collation, which is that of code points.

use crate::domain::profile::filter::ProfileFilter;

/// Greater than every name, which has at most 255 characters.
const BEYOND_EVERY_NAME: &str = "\u{10ffff}";
const BEYOND_EVERY_NAME_CHARACTERS: usize = 256;

/// Names from the first to the second, which is not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameRange {
    pub(super) from: String,
    pub(super) until: String,
}

/// The ranges in which the names that `filter` selects are, disjoint and ascending; one of all names if it asks for none.
pub(super) fn ranges(filter: &ProfileFilter) -> Vec<NameRange> {
    if !filter.names.is_empty() {
        // No text is between a name and the same with the smallest character that Postgres stores.
        let range = |name: &String| NameRange { from: name.clone(), until: format!("{name}\u{1}") };
        return sorted(&filter.names).into_iter().map(range).collect();
    }
    if filter.name_prefixes.is_empty() {
        return vec![NameRange { from: String::new(), until: beyond() }];
    }
    let mut ranges: Vec<NameRange> = Vec::new();
    let mut last: Option<&String> = None;
    for prefix in sorted(&filter.name_prefixes) {
        // What begins with a longer prefix is in the range of the shorter one already.
        if last.is_none_or(|last| !prefix.starts_with(last.as_str())) {
            ranges.push(NameRange { from: prefix.clone(), until: successor(prefix) });
            last = Some(prefix);
        }
    }
    ranges
}

fn sorted(texts: &[String]) -> Vec<&String> {
    let mut sorted: Vec<_> = texts.iter().collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
}

fn beyond() -> String {
    BEYOND_EVERY_NAME.repeat(BEYOND_EVERY_NAME_CHARACTERS)
}

/// The smallest text that is greater than every name that begins with `prefix`.
fn successor(prefix: &str) -> String {
    let mut characters: Vec<char> = prefix.chars().collect();
    while let Some(last) = characters.pop() {
        // The range of characters leaves out what is none.
        if let Some(next) = (last..=char::MAX).nth(1) {
            characters.push(next);
            return characters.into_iter().collect();
        }
    }
    beyond()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_is_in_one_range_if_the_filter_selects_it(
            name in "[aB\u{1}\u{d7ff}\u{e000}\u{10ffff}]{1,4}",
            texts in prop::collection::vec("[aB\u{1}\u{d7ff}\u{e000}\u{10ffff}]{1,3}", 1..4),
        ) {
            let whole = ProfileFilter { names: texts.clone(), ..ProfileFilter::default() };
            let beginning = ProfileFilter { name_prefixes: texts.clone(), ..ProfileFilter::default() };
            let containing = |filter| {
                ranges(filter).iter().filter(|range| range.from <= name && name < range.until).count()
            };
            prop_assert_eq!(containing(&whole), usize::from(texts.contains(&name)));
            prop_assert_eq!(containing(&beginning), usize::from(texts.iter().any(|text| name.starts_with(text.as_str()))));
            prop_assert_eq!(containing(&ProfileFilter::default()), 1);
        }
    }
}
