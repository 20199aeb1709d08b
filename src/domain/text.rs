//! Texts that cannot hold a bad value. Lengths count Unicode scalar values.

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

/// A text with a rule; unless a type says otherwise: at least one character, no NUL.
pub trait Text: Sized {
    /// The most characters of such a text.
    const MAX_CHARACTERS: u64;

    /// Takes `text` if it keeps the rule.
    ///
    /// # Errors
    /// The reason why not.
    fn parse(text: String) -> Result<Self, ValidationError>;
    /// The text.
    fn as_str(&self) -> &str;
    /// The text, moved out.
    fn into_string(self) -> String;
}

texts! {
    /// A name as people read it: of a profile or an organization.
    DisplayName = 255;
    /// The platform's own id for an entity; not unique.
    ReferenceId = 255;
    /// The platform's own hash of an e-mail address: opaque.
    EmailHash = 255;
    /// The platform's own hash of a name: opaque.
    NameHash = 255;
    /// The workspace that an API key is bound to.
    WorkspaceId = 255;
    /// Who decided something: a person or a program, as the operator calls it.
    Actor = 255;
    /// Why something was decided, for those who read it later.
    Rationale = 512;
}

impl Actor {
    /// Whoever a profile represents, by a link.
    #[must_use]
    pub fn entity() -> Self {
        Self("entity".to_owned())
    }

    /// Nobody: the end that was set has come.
    #[must_use]
    pub fn expiry() -> Self {
        Self("expiry".to_owned())
    }
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

/// Checks that `text` has between `min` and `max` characters and no NUL, which Postgres cannot hold.
///
/// # Errors
/// The reason why not.
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
