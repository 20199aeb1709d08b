//! Texts in CSV that a spreadsheet must not take for formulas.

/// What a spreadsheet may take for the beginning of a formula, and the character that is put before it.
const ESCAPED: [char; 8] = ['=', '+', '-', '@', '\t', '\r', '\n', ESCAPE];

const ESCAPE: char = '\'';

/// `text` as it stands in a cell: with an apostrophe before what a spreadsheet may take for a formula, as OWASP recommends, and before an
/// apostrophe, so that [`unescaped`] is exact.
#[must_use]
pub fn escaped(text: String) -> String {
    if text.starts_with(ESCAPED) { format!("{ESCAPE}{text}") } else { text }
}

/// The text that [`escaped`] has made `cell` of.
#[must_use]
pub fn unescaped(cell: &str) -> &str {
    cell.strip_prefix(ESCAPE).filter(|text| text.starts_with(ESCAPED)).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_escaped_text_is_read_back_and_is_no_formula(text in "[=+@'\t\r\na-]{0,4}") {
            let cell = escaped(text.clone());
            prop_assert_eq!(unescaped(&cell), text);
            prop_assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
        }
    }
}
