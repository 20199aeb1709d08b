//! What differs between the API versions of a transfer.

use crate::api::{VersionVisitor, WireFormat};

/// The name of the filter by the platform's own id.
pub(super) struct ReferenceIdFilter;

impl VersionVisitor for ReferenceIdFilter {
    type Output = &'static str;

    fn visit<F: WireFormat>(self) -> &'static str {
        F::REFERENCE_ID_FILTER
    }
}
