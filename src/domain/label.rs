//! Enums with a label per value: the same on the wire, in the database and on the command line.

/// An enum whose values have labels.
pub trait EnumLabel: Copy + 'static {
    /// All values.
    const ALL: &'static [Self];

    /// The label of this value.
    fn as_str(self) -> &'static str;

    /// The value with this `label`.
    #[must_use]
    fn from_label(label: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == label)
    }
}

/// Declares an enum with its labels.
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
