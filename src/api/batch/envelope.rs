//! The envelope of a batch: `{"requests":[{"custom_id":…,"user_profile_id":…,"params":{…}}]}`.

use std::collections::HashSet;

use serde::de::IgnoredAny;
use validator::{ValidationError, ValidationErrors, ValidationErrorsKind};

use super::raw::{NotJson, RawJson};
use super::raw_request::{BatchRequest, RawRequest};
use crate::api::body::fields::extra;
use crate::domain::error::reason;
use crate::domain::profile::batch::MAX_WRITES;
use crate::domain::{Error, Result};

/// Reads a batch request by request. Of the whole body only the envelope is held.
#[derive(Debug)]
pub struct BatchReader<'b> {
    text: &'b str,
    json: RawJson<'b>,
    place: Place,
    count: usize,
    custom_ids: HashSet<String>,
    violations: ValidationErrors,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// A field of the envelope, the first or not.
    Field { is_first: bool },
    /// A request, the first or not.
    Request { is_first: bool },
    /// Nothing.
    End,
}

impl<'b> BatchReader<'b> {
    /// Begins to read `body`.
    ///
    /// # Errors
    /// `Invalid` for what is no object, or not in UTF-8.
    pub fn new(body: &'b [u8]) -> Result<Self> {
        let text = std::str::from_utf8(body)
            .map_err(|error| invalid_json(&format!("not UTF-8 at byte {}", error.valid_up_to())))?;
        let mut reader = Self {
            text,
            json: RawJson::new(text),
            place: Place::Field { is_first: true },
            count: 0,
            custom_ids: HashSet::new(),
            violations: ValidationErrors::new(),
        };
        if !reader.json.take('{') {
            reader.json.value::<IgnoredAny>().map_err(|NotJson| reader.malformed())?;
            return Err(malformed("Input should be a valid object"));
        }
        Ok(reader)
    }

    /// How many bytes have not been read.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.json.remaining()
    }

    /// The next request of a batch that is without a violation so far; `None` once all have been read, and are without one.
    ///
    /// # Errors
    /// `Invalid` for broken JSON and too many requests; with every violation of the envelope, at its end.
    pub fn next_request(&mut self) -> Result<Option<BatchRequest<'b>>> {
        loop {
            let next = match self.place {
                Place::Field { is_first } => self.field(is_first).map(|()| None),
                Place::Request { is_first } => self.request(is_first),
                Place::End => return self.finish().map(|()| None),
            };
            if let Some(request) = next.map_err(|NotJson| self.malformed())? {
                return Ok(Some(request));
            }
            if self.count > MAX_WRITES {
                let about = format!("Array should have at most {MAX_WRITES} items");
                return Err(Error::invalid_field("requests", reason("length", about)));
            }
        }
    }

    /// Reads the next field of the envelope, up to the first request if it is `requests`.
    fn field(&mut self, is_first: bool) -> std::result::Result<(), NotJson> {
        if self.json.take('}') {
            self.place = Place::End;
            return if self.json.is_at_end() { Ok(()) } else { Err(NotJson) };
        }
        if !is_first {
            self.json.expect(',')?;
        }
        self.place = Place::Field { is_first: false };
        let name: String = self.json.value()?;
        self.json.expect(':')?;
        let is_known = name == "requests";
        if is_known && self.count == 0 && self.json.take('[') {
            self.place = Place::Request { is_first: true };
            return Ok(());
        }
        self.json.value::<IgnoredAny>()?;
        let violation = if !is_known {
            extra()
        } else if self.count == 0 {
            reason("type", "Input should be a valid array")
        } else {
            reason("repeated", "Field is repeated")
        };
        self.refuse(name, violation);
        Ok(())
    }

    /// Reads the next request; `None` at the end of them, and for one with a violation.
    fn request(&mut self, is_first: bool) -> std::result::Result<Option<BatchRequest<'b>>, NotJson> {
        if self.json.take(']') {
            self.place = Place::Field { is_first: false };
            if self.count == 0 {
                self.refuse("requests".to_owned(), reason("length", "Array should have at least 1 item"));
            }
            return Ok(None);
        }
        if !is_first {
            self.json.expect(',')?;
        }
        self.place = Place::Request { is_first: false };
        let index = self.count;
        self.count += 1;
        if !self.json.is_next('{') {
            self.json.value::<IgnoredAny>()?;
            self.refuse(format!("requests.{index}"), reason("type", "Input should be a valid object"));
            return Ok(None);
        }
        let request: RawRequest<'b> = self.json.value()?;
        match request.parse(&mut self.custom_ids) {
            Ok(request) => Ok(Some(request)),
            Err(violations) => {
                let violations = ValidationErrorsKind::Struct(Box::new(violations));
                self.violations.errors_mut().insert(format!("requests.{index}").into(), violations);
                Ok(None)
            }
        }
    }

    fn refuse(&mut self, field: String, violation: ValidationError) {
        self.violations.errors_mut().insert(field.into(), ValidationErrorsKind::Field(vec![violation]));
    }

    fn finish(&mut self) -> Result<()> {
        let mut violations = std::mem::take(&mut self.violations);
        if self.count == 0 && !violations.errors().contains_key("requests") {
            violations.add("requests", reason("required", "Field required"));
        }
        if violations.is_empty() { Ok(()) } else { Err(Error::invalid(&violations)) }
    }

    /// The error of a body that is broken somewhere: what a reader of the whole says.
    fn malformed(&self) -> Error {
        let why = serde_json::from_str::<IgnoredAny>(self.text).err().map(|error| error.to_string());
        invalid_json(&why.unwrap_or_else(|| "not a batch".to_owned()))
    }
}

fn invalid_json(why: &str) -> Error {
    malformed(&format!("Invalid JSON: {why}"))
}

fn malformed(why: &str) -> Error {
    Error::invalid_field("body", reason("json", why.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<(String, Option<String>, &str)>> {
        let mut reader = BatchReader::new(body.as_bytes())?;
        let mut requests = Vec::new();
        while let Some(BatchRequest { custom_id, user_profile_id, params }) = reader.next_request()? {
            requests.push((custom_id, user_profile_id, params));
        }
        Ok(requests)
    }

    fn refusal(body: &str) -> String {
        read(body).unwrap_err().message.into_owned()
    }

    #[test]
    fn requests_are_read_in_their_order_with_the_bytes_of_their_params() {
        let body = r#" { "requests" : [ {"custom_id":"a","params":{ "name":"\u0041" }} , {"params":[1, 2],"user_profile_id":"x","custom_id":"b"} ] } "#;
        let expected = [("a", None, r#"{ "name":"\u0041" }"#), ("b", Some("x"), "[1, 2]")];
        let expected = expected.map(|(custom_id, id, params)| (custom_id.to_owned(), id.map(str::to_owned), params));
        assert_eq!(read(body).unwrap(), expected);
    }

    #[test]
    fn a_faulty_envelope_is_refused_with_every_violation() {
        for (body, message) in [
            ("[]", "body: Input should be a valid object"),
            ("{}", "requests: Field required"),
            (r#"{"requests":[]}"#, "requests: Array should have at least 1 item"),
            (r#"{"requests":null}"#, "requests: Input should be a valid array"),
            (r#"{"requests":[{"custom_id":"a","params":{}}],"requests":[]}"#, "requests: Field is repeated"),
            (
                r#"{"x":[{}],"requests":[1,{"custom_id":"","params":1},{"custom_id":"a","parms":{},"user_profile_id":null}]}"#,
                "requests.0: Input should be a valid object; requests.1.custom_id: String should have at least 1 character; \
                 requests.2.params: Field required; requests.2.parms: Extra inputs are not permitted; \
                 requests.2.user_profile_id: Input should be a valid string; x: Extra inputs are not permitted",
            ),
            (
                r#"{"requests":[{"custom_id":"a","params":{}},{"custom_id":"\u0061","params":{}}]}"#,
                "requests.1.custom_id: Value is repeated",
            ),
            (r#"{"requests":[{"custom_id":"a","params":{},"params":{}}]}"#, "requests.0.params: Field is repeated"),
        ] {
            assert_eq!(refusal(body), message, "{body}");
        }
    }

    #[test]
    fn broken_json_is_refused_wherever_it_stands() {
        let whole = r#"{"requests":[{"custom_id":"a","params":{"name":"b"}},{"custom_id":"c","params":{}}]}"#;
        for length in 0..whole.len() {
            let message = refusal(&whole[..length]);
            assert!(message.starts_with("body: Invalid JSON: EOF while parsing"), "{length}: {message}");
        }
        for body in [
            &format!("{whole}x"),
            &format!("{whole}{whole}"),
            r#"{"requests":[{"custom_id":"a","params":{}} {"custom_id":"b","params":{}}]}"#,
            r#"{"requests":[,]}"#,
            r#"{"requests":[{"custom_id":"a","params":{}},]}"#,
            r#"{"requests":[{"custom_id":"a","params":{}}],}"#,
            r#"{,"requests":[]}"#,
            r#"{"requests":[{"custom_id":"a","params":{"name":'x'}}]}"#,
        ] {
            assert!(refusal(body).starts_with("body: Invalid JSON"), "{body}: {}", refusal(body));
        }
        assert_eq!(BatchReader::new(b"{\"\xff").unwrap_err().message, "body: Invalid JSON: not UTF-8 at byte 2");
    }

    #[test]
    fn a_thousand_requests_are_read_and_one_more_is_refused() {
        let body = |count: usize| {
            let requests: Vec<_> = (0..count).map(|at| format!(r#"{{"custom_id":"{at}","params":{{}}}}"#)).collect();
            format!(r#"{{"requests":[{}]}}"#, requests.join(","))
        };
        assert_eq!(read(&body(MAX_WRITES)).unwrap().len(), MAX_WRITES);
        assert_eq!(refusal(&body(MAX_WRITES + 1)), "requests: Array should have at most 1000 items");
    }
}
