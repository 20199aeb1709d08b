//! The ports, which `storage` implements. Their documentation is the specification.
//! May know what its parent may.
//!
//! Each method is one transaction, which includes the events of its changes. The organization is the first parameter; another
//! organization's object is not found. A request with an [`Idempotency`](super::idempotency::Idempotency) runs once: its key is stored in
//! the same transaction, so the key of a failed request is free again. A key that was used for a different request is `Invalid`.
//!
//! Every method may also fail with `Unavailable` (database unreachable or full; nothing was written as far as is known), `TimedOut` (the
//! deadline passed) and `Internal` (a bug, or a stored value that breaks a rule).

mod clock;
mod credentials;
mod enrollments;
mod events;
mod expiry;
mod history;
mod profiles;
mod quotas;
mod readiness;
mod replicas;
mod statistics;
mod trust;
mod webhooks;

pub use clock::DatabaseClock;
pub use credentials::{ApiKeyRepository, OrganizationRepository};
pub use enrollments::EnrollmentRepository;
pub use events::{EventHorizon, EventRepository};
pub use expiry::{ExpiryRepository, RetentionRepository};
pub use history::HistoryRepository;
pub use profiles::{ErasureRepository, ProfileRepository};
pub use quotas::{QuotaClaim, QuotaRepository};
pub use readiness::Readiness;
pub use replicas::ReplicaRepository;
pub use statistics::{DatabaseStatistics, StatisticsReader};
pub use trust::{EnforcementRepository, TrustGrantRepository};
pub use webhooks::{DeliveryQueue, WebhookRepository};
