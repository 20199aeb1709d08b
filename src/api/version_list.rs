//! The one list of API versions, from which everything that needs all of them is generated.

use super::version::{ApiVersion, Selector};
use super::wire_format::WireFormat;
use crate::domain::label::EnumLabel;

/// Passes every version, oldest first, to the macro `$each`: its variant of [`ApiVersion`] and its [`WireFormat`].
macro_rules! for_each_version {
    ($each:ident) => {
        $each! {
            V2026_03_24: $crate::api::v2026_03_24::V2026_03_24,
            V2026_08_18: $crate::api::v2026_08_18::V2026_08_18,
            V2026_09_04: $crate::api::v2026_09_04::V2026_09_04,
            Ga: $crate::api::ga::Ga,
        }
    };
}

pub(super) use for_each_version;

/// Code that is generic over the [`WireFormat`], for [`ApiVersion::visit`].
pub trait VersionVisitor {
    /// The result of the visit.
    type Output;

    /// Runs for the version `F`.
    fn visit<F: WireFormat>(self) -> Self::Output;
}

macro_rules! implement {
    ($($variant:ident: $format:ty,)+) => {
        $(const _: () = assert!(matches!(<$format>::VERSION, ApiVersion::$variant));)+

        impl EnumLabel for ApiVersion {
            const ALL: &'static [Self] = &[$(Self::$variant),+];

            fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => <$format>::LABEL,)+
                }
            }
        }

        impl ApiVersion {
            /// The newest version: the last of the list.
            pub const NEWEST: Self = Self::ALL[Self::ALL.len() - 1];

            /// The oldest version: the first of the list, to which organizations are pinned by default.
            pub const OLDEST: Self = Self::ALL[0];

            /// Runs `visitor` for the [`WireFormat`] of this version.
            pub fn visit<V: VersionVisitor>(self, visitor: V) -> V::Output {
                match self {
                    $(Self::$variant => visitor.visit::<$format>(),)+
                }
            }

            pub(super) const fn selector(self) -> Selector {
                match self {
                    $(Self::$variant => <$format>::SELECTOR,)+
                }
            }
        }
    };
}

for_each_version!(implement);
