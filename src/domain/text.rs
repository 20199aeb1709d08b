//! Validated texts. Lengths count Unicode scalar values.

use validator::{ValidateLength, ValidationError};

use super::error::reason;

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $max:literal;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name(String);

        impl Text for $name {
            const MAX_CHARACTERS: u64 = $max;

            fn parse(text: String) -> Result<Self, ValidationError> {
                bounded(&text, 1, Self::MAX_CHARACTERS)?;
                Ok(Self(text))
            }
            fn as_str(&self) -> &str {
                &self.0
            }
            fn into_string(self) -> String {
                self.0
            }
        }
    )* };
}

/// A validated text. Unless a type says otherwise, it has at least one character and no NUL.
pub trait Text: Sized {
    /// The most characters of such a text.
    const MAX_CHARACTERS: u64;

    /// Validates `text`.
    ///
    /// # Errors
    /// The violated rule.
    fn parse(text: String) -> Result<Self, ValidationError>;
    /// The text.
    fn as_str(&self) -> &str;
    /// The text, moved out.
    fn into_string(self) -> String;
}

texts! {
    /// The display name of a profile or an organization.
    DisplayName = 255;
    /// The platform's own id for an entity; not unique.
    ReferenceId = 255;
    /// The platform's own hash of an e-mail address: opaque.
    EmailHash = 255;
    /// The platform's own hash of a name: opaque.
    NameHash = 255;
    /// The workspace that an API key is bound to.
    WorkspaceId = 255;
    /// Who made a decision: a person or a program, as the operator names it.
    Actor = 255;
    /// The reason of a decision.
    Rationale = 512;
}

impl Actor {
    /// The entity of a profile, through an enrollment link.
    #[must_use]
    pub fn entity() -> Self {
        Self("entity".to_owned())
    }

    /// An expiry.
    #[must_use]
    pub fn expiry() -> Self {
        Self("expiry".to_owned())
    }
}

/// The bytes of a text that may be missing.
pub(super) fn bytes<T: Text>(text: Option<&T>) -> usize {
    text.map_or(0, |text| text.as_str().len())
}

/// A country: two upper-case ASCII letters. Only the form is checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Country(String);

impl Text for Country {
    const MAX_CHARACTERS: u64 = 2;

    fn parse(text: String) -> Result<Self, ValidationError> {
        if text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase()) {
            Ok(Self(text))
        } else {
            Err(reason("country", "String should be two upper-case ASCII letters"))
        }
    }
    fn as_str(&self) -> &str {
        &self.0
    }
    fn into_string(self) -> String {
        self.0
    }
}

/// Checks that `text` has from `min` to `max` characters, and no NUL, which Postgres cannot store.
///
/// # Errors
/// The violated rule.
pub fn bounded(text: &str, min: u64, max: u64) -> Result<(), ValidationError> {
    if !text.validate_length(Some(min), None, None) {
        return Err(reason("length", format!("String should have at least {min} character{}", plural(min))));
    }
    if !text.validate_length(None, Some(max), None) {
        return Err(reason("length", format!("String should have at most {max} characters")));
    }
    if text.contains('\0') {
        return Err(reason("nul", "String should not contain a NUL character"));
    }
    Ok(())
}

const fn plural(count: u64) -> &'static str {
    if count == 1 { "" } else { "s" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_count_characters_and_not_bytes() {
        assert!(DisplayName::parse("é".repeat(255)).is_ok());
        assert!(DisplayName::parse("é".repeat(256)).is_err());
        assert!(DisplayName::parse(String::new()).is_err());
    }

    #[test]
    fn a_nul_is_refused_wherever_it_stands() {
        for text in ["\0", "a\0", "\0a"] {
            assert!(ReferenceId::parse(text.to_owned()).is_err());
        }
    }
}
