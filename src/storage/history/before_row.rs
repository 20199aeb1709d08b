//! The stored values before an update.

use sqlx::FromRow;
use time::OffsetDateTime;

use crate::domain::label::EnumLabel;
use crate::domain::profile::ProfileDraft;
use crate::domain::profile::external_user::ExternalUserDetails;
use crate::domain::profile::metadata::Metadata;
use crate::domain::text::Text;

/// A row of `user_profile_before_images`, if there is one and it was asked for.
#[derive(FromRow)]
pub(super) struct BeforeRow {
    #[sqlx(default)]
    name: Option<String>,
    #[sqlx(default)]
    relationship: Option<String>,
    #[sqlx(default)]
    account_status: Option<String>,
    #[sqlx(default)]
    country: Option<String>,
    #[sqlx(default)]
    email_hash: Option<String>,
    #[sqlx(default)]
    entity_type: Option<String>,
    #[sqlx(default)]
    name_hash: Option<String>,
    #[sqlx(default)]
    onboarded_at: Option<OffsetDateTime>,
    #[sqlx(default)]
    reference_id: Option<String>,
    #[sqlx(default)]
    metadata: Option<Vec<String>>,
}

/// A column whose value breaks a rule. The value must not reach the log.
pub(super) struct BrokenImage;

impl BeforeRow {
    /// The values; `None` if there is no row.
    ///
    /// # Errors
    /// A column breaks a rule.
    pub(super) fn parse(self) -> Result<Option<ProfileDraft>, BrokenImage> {
        let Some(relationship) = self.relationship else { return Ok(None) };
        let metadata = self.metadata.unwrap_or_default();
        let pairs = metadata.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone()));
        Ok(Some(ProfileDraft {
            name: text(self.name)?,
            relationship: label(&relationship)?,
            details: ExternalUserDetails {
                account_status: self.account_status.map(|status| label(&status)).transpose()?,
                country: text(self.country)?,
                email_hash: text(self.email_hash)?,
                entity_type: self.entity_type.map(|kind| label(&kind)).transpose()?,
                name_hash: text(self.name_hash)?,
                onboarded_at: self.onboarded_at,
                reference_id: text(self.reference_id)?,
            },
            metadata: Metadata::parse(pairs).map_err(|_| BrokenImage)?,
        }))
    }
}

fn text<T: Text>(value: Option<String>) -> Result<Option<T>, BrokenImage> {
    value.map(T::parse).transpose().map_err(|_| BrokenImage)
}

fn label<T: EnumLabel>(value: &str) -> Result<T, BrokenImage> {
    T::from_label(value).ok_or(BrokenImage)
}
