//! What a request of a batch asks for.

use super::raw_request::BatchRequest;
use crate::api::{WireFormat, profile_body};
use crate::domain::clock::Timestamp;
use crate::domain::id::{IdSource, ProfileId};
use crate::domain::profile::ProfileDraft;
use crate::domain::profile::batch::BatchWrite;
use crate::domain::{Error, ErrorKind, Result};

impl BatchRequest<'_> {
    /// The write in the version `F`, which arrived `now`. Its params have at most `max_bytes`, as the body of a single request has.
    ///
    /// # Errors
    /// What the single request is refused for: `NotFound` for a malformed id, `TooLarge`, `Invalid`.
    pub fn write<F: WireFormat>(&self, max_bytes: usize, ids: &dyn IdSource, now: Timestamp) -> Result<BatchWrite> {
        let id = self.user_profile_id.as_ref().map(|id| id.parse::<ProfileId>()).transpose();
        let id = id.map_err(|_| Error::new(ErrorKind::NotFound, "User profile not found"))?;
        let params = self.params.as_bytes();
        if params.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        Ok(match id {
            None => {
                let draft: ProfileDraft = profile_body::parse::<F::CreateProfile>(params, F::VERSION, now)?.into();
                BatchWrite::Create(Box::new(draft.into_profile(ProfileId::new(ids.next(now)), now)))
            }
            Some(id) => {
                let patch = profile_body::parse::<F::UpdateProfile>(params, F::VERSION, now)?.into();
                BatchWrite::Update(id, Box::new(patch))
            }
        })
    }
}

fn too_large(max_bytes: usize) -> Error {
    let message = format!("body: Request should have at most {max_bytes} bytes");
    Error::new(ErrorKind::TooLarge, message)
}
