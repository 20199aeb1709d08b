//! The flags of quotas, and how quotas are printed.

use clap::Args;
use serde::Serialize;

use crate::domain::limit::quota::{Quotas, QuotasPatch};
use crate::domain::profile::change::Change;

/// How an organization gets the default again.
const DEFAULT: &str = "default";

/// The quotas of an organization.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct QuotaArgs {
    /// How many API keys there may be that are neither revoked nor expired; or default: 1000
    #[arg(long = "api-key-quota", value_name = "N", value_parser = quota)]
    api_keys: Option<Change<u32>>,
    /// How many enrollment links there may be that are neither used nor expired; or default: 100000
    #[arg(long = "open-link-quota", value_name = "N", value_parser = quota)]
    open_links: Option<Change<u32>>,
    /// How many profiles there may be; or default: any number
    #[arg(long = "profile-quota", value_name = "N", value_parser = quota)]
    profiles: Option<Change<u32>>,
}

impl QuotaArgs {
    /// The changes of quotas.
    pub(super) fn patch(self) -> QuotasPatch {
        QuotasPatch {
            api_keys: self.api_keys.unwrap_or_default(),
            open_links: self.open_links.unwrap_or_default(),
            profiles: self.profiles.unwrap_or_default(),
        }
    }
}

/// Parses a quota, or `default`.
fn quota(text: &str) -> Result<Change<u32>, String> {
    if text == DEFAULT {
        return Ok(Change::Clear);
    }
    text.parse().map(Change::Set).map_err(|_| format!("expected a number from 0 to {}, or {DEFAULT}", u32::MAX))
}

/// The quotas as fields of an object; null: the default.
#[derive(Serialize)]
pub(super) struct QuotasJson {
    #[serde(rename = "api_key_quota")]
    api_keys: Option<u32>,
    #[serde(rename = "open_link_quota")]
    open_links: Option<u32>,
    #[serde(rename = "profile_quota")]
    profiles: Option<u32>,
}

impl QuotasJson {
    pub(super) const fn new(quotas: Quotas) -> Self {
        Self { api_keys: quotas.api_keys, open_links: quotas.open_links, profiles: quotas.profiles }
    }
}
