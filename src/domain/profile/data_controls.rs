//! Data controls of a profile at a cloud provider: encryption keys and storage buckets of the entity's own. This service processes no data
//! that they could apply to, so it approves none: both are disabled for good.

use validator::ValidationErrors;

use crate::domain::error::reason;
use crate::domain::id::ProfileId;
use crate::domain::label::labels;
use crate::domain::{Error, ErrorKind, Result};

labels! {
    /// Whether a control is in effect.
    DataControlState {
        /// It is not, and has neither keys nor buckets.
        Disabled = "disabled",
        /// It is.
        Enabled = "enabled",
    }
}

/// The changes of an update; `None` leaves a control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DataControlsPatch {
    /// The encryption keys.
    pub cmek: Option<DataControlState>,
    /// The storage buckets.
    pub storage: Option<DataControlState>,
}

impl DataControlsPatch {
    /// Checks that the update enables no control.
    ///
    /// # Errors
    /// `CmekNotApproved` or `StorageNotApproved` for the first control that it would enable; the message names all of them.
    pub fn check_approved(self) -> Result<()> {
        let mut kinds = Vec::new();
        let mut violations = ValidationErrors::new();
        for (field, state, kind, what) in [
            ("cmek", self.cmek, ErrorKind::CmekNotApproved, "Customer-managed encryption keys are"),
            ("storage", self.storage, ErrorKind::StorageNotApproved, "Customer-owned storage is"),
        ] {
            if state == Some(DataControlState::Enabled) {
                kinds.push(kind);
                violations.add(field, reason("not_approved", format!("{what} not approved for this user profile")));
            }
        }
        match kinds.first() {
            None => Ok(()),
            Some(first) => Err(Error { kind: *first, ..Error::invalid(&violations) }),
        }
    }
}

/// The label that a bucket of the profile `id` would have to carry: unique and constant, in the characters that labels may have.
#[must_use]
pub fn bucket_label_value(id: ProfileId) -> String {
    id.uuid().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_update_that_enables_a_control_is_refused_and_each_is_named() {
        use DataControlState::{Disabled, Enabled};

        let refused = |cmek, storage| {
            let error = DataControlsPatch { cmek, storage }.check_approved().err()?;
            Some((error.kind, error.message.matches("not approved").count()))
        };
        assert_eq!(refused(None, None), None);
        assert_eq!(refused(Some(Disabled), Some(Disabled)), None);
        assert_eq!(refused(Some(Enabled), None), Some((ErrorKind::CmekNotApproved, 1)));
        assert_eq!(refused(Some(Disabled), Some(Enabled)), Some((ErrorKind::StorageNotApproved, 1)));
        assert_eq!(refused(Some(Enabled), Some(Enabled)), Some((ErrorKind::CmekNotApproved, 2)));
    }
}
