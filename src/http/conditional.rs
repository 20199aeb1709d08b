//! `ETag` and `If-Match`: the revision of a profile (RFC 9110, sections 8.8.3 and 13.1.1).

use actix_web::http::header::{ETAG, HeaderMap, HeaderValue, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use crate::api::ApiVersion;
use crate::domain::error::reason;
use crate::domain::label::EnumLabel;
use crate::domain::profile::{Revision, RevisionCondition};
use crate::domain::{Error, Result};

/// The most tags that a condition may name.
const MAX_TAGS: usize = 100;

/// The entity tag of a profile in the shape of `version`: `"<revision>-<shape>"`.
pub(super) fn entity_tag(revision: Revision, version: ApiVersion) -> Option<HeaderValue> {
    HeaderValue::from_str(&format!("\"{}-{}\"", revision.number(), version.as_str())).ok()
}

/// An answer with `tag`.
pub(super) fn tagged(tag: Option<HeaderValue>) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    if let Some(tag) = tag {
        response.insert_header((ETAG, tag));
    }
    response
}

/// The condition of `If-Match`, under which the profile is changed. The revisions in its tags are compared, not their shapes. Tags that
/// name no revision, and weak ones, match nothing, since they are none of this service's.
///
/// # Errors
/// `Invalid` for what is neither `*` nor a list of entity tags.
pub(super) fn if_match(request: &HttpRequest) -> Result<RevisionCondition> {
    condition(request.headers())
}

fn condition(headers: &HeaderMap) -> Result<RevisionCondition> {
    let mut values = headers.get_all(IF_MATCH).peekable();
    if values.peek().is_none() {
        return Ok(RevisionCondition::Any);
    }
    let mut tags = Vec::new();
    let mut is_any = false;
    for value in values {
        let text = value.to_str().map_err(|_| malformed())?;
        match text.trim_matches(WHITESPACE) {
            "*" => is_any = true,
            list => tags.extend(parse_list(list).ok_or_else(malformed)?),
        }
    }
    match (is_any, tags.is_empty()) {
        (true, true) => Ok(RevisionCondition::Any),
        (false, false) if tags.len() <= MAX_TAGS => {
            Ok(RevisionCondition::OneOf(tags.into_iter().filter_map(named_revision).collect()))
        }
        _ => Err(malformed()),
    }
}

const WHITESPACE: [char; 2] = [' ', '\t'];

/// What stands between the quotes of each strong tag; `None` for each weak one.
fn parse_list(list: &str) -> Option<Vec<Option<&str>>> {
    let mut tags = Vec::new();
    let mut rest = list;
    loop {
        // Empty elements are allowed.
        rest = rest.trim_start_matches(|character| WHITESPACE.contains(&character) || character == ',');
        if rest.is_empty() {
            return Some(tags);
        }
        let is_weak = rest.starts_with("W/");
        let quoted = rest.strip_prefix("W/").unwrap_or(rest).strip_prefix('"')?;
        let (tag, after) = quoted.split_once('"')?;
        if tag.contains(|character: char| character.is_ascii_control() || character == ' ') {
            return None;
        }
        tags.push(Some(tag).filter(|_| !is_weak));
        rest = after.trim_start_matches(WHITESPACE);
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

fn named_revision(tag: Option<&str>) -> Option<Revision> {
    let (number, shape) = tag?.split_once('-')?;
    let is_ours = number.bytes().all(|byte| byte.is_ascii_digit()) && ApiVersion::from_label(shape).is_some();
    number.parse().ok().filter(|_| is_ours).map(Revision::from_stored)
}

fn malformed() -> Error {
    let expected = format!("Input should be `*` or a list of 1 to {MAX_TAGS} entity tags");
    Error::invalid_field("if-match", reason("if_match", expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(values: &[&str]) -> Result<RevisionCondition> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        condition(&headers)
    }

    fn one_of(revisions: &[i64]) -> RevisionCondition {
        RevisionCondition::OneOf(revisions.iter().map(|number| Revision::from_stored(*number)).collect())
    }

    #[test]
    fn no_header_and_an_asterisk_are_any_revision() {
        for values in [&[][..], &["*"], &[" * "]] {
            assert_eq!(parsed(values).unwrap(), RevisionCondition::Any);
        }
    }

    #[test]
    fn the_tag_of_an_answer_is_its_revision_in_every_shape() {
        for version in ApiVersion::ALL {
            let tag = entity_tag(Revision::from_stored(12), *version).unwrap();
            assert_eq!(parsed(&[tag.to_str().unwrap()]).unwrap(), one_of(&[12]));
        }
    }

    #[test]
    fn lists_and_repeated_headers_name_several() {
        assert_eq!(parsed(&["\"1-ga\", \"2-ga\""]).unwrap(), one_of(&[1, 2]));
        assert_eq!(parsed(&["\"1-ga\",,\t\"2-2026-03-24\" ,"]).unwrap(), one_of(&[1, 2]));
        assert_eq!(parsed(&["\"1-ga\"", "\"2-ga\""]).unwrap(), one_of(&[1, 2]));
    }

    #[test]
    fn tags_of_others_and_weak_ones_match_nothing() {
        for tag in ["\"\"", "\"abc\"", "\"1\"", "\"1-\"", "\"1-v9\"", "\"-1-ga\"", "\"+1-ga\"", "W/\"1-ga\""] {
            assert_eq!(parsed(&[tag]).unwrap(), one_of(&[]), "{tag}");
        }
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for bad in
            ["", ",", "1", "1-ga", "\"1-ga", "\"1-ga\" \"2-ga\"", "w/\"1-ga\"", "*, \"1-ga\"", "\"a b\"", "\"1-ga\"x"]
        {
            assert!(parsed(&[bad]).is_err(), "{bad}");
        }
        assert!(parsed(&["*", "\"1-ga\""]).is_err());
        assert!(parsed(&["\"1-ga\",".repeat(101).as_str()]).is_err());
    }
}
