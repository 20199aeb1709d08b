//! Closed sets of values, each with the one word that stands for it on the wire, in the database and on the command line.

/// A value of a closed set.
pub trait EnumLabel: Copy + 'static {
    /// The whole set.
    const ALL: &'static [Self];

    /// The word for this value.
    fn as_str(self) -> &'static str;

    /// The value that `word` stands for.
    #[must_use]
    fn from_label(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == word)
    }
}

/// Writes an enum and its words in one place.
macro_rules! labels {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $label:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $crate::domain::label::EnumLabel for $name {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $label,)+
                }
            }
        }
    };
}

pub(crate) use labels;
