//! The operations on user profiles, each under the name of its handler.

use serde_json::{Value, json};

use super::component::{error_schema, error_schema_with_codes, reference};
use super::operation::{Operation, page_schema};
use super::{examples, parameters};
use crate::api::WireFormat;
use crate::api::batch;
use crate::api::body::reader;
use crate::api::export::{ExportFormat, ExportTrailer};
use crate::api::v2026_03_24::deletion::DeletedProfile;
use crate::api::v2026_03_24::links::{ActionUrl, CreateActionUrl, EnrollmentUrl};
use crate::api::v2026_09_04::data_controls::{UpdateDataControls, WireDataControls};
use crate::api::wire::schema::schema_of;

/// The status that only operations on one profile answer with.
const ON_ONE: u16 = 404;
/// The statuses that only a POST with a body answers with.
const WITH_BODY: &[u16] = &[408, 413];

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas<F: WireFormat>() -> Value {
    let mut schemas = json!({
        "ActionUrl": schema_of::<ActionUrl>(),
        "CreateActionUrl": reader::schema::<CreateActionUrl>(),
        "CreateUserProfile": reader::schema::<F::CreateProfile>(),
        "DeletedUserProfile": schema_of::<DeletedProfile>(),
        "EnrollmentUrl": schema_of::<EnrollmentUrl>(),
        "Error": if F::DOCUMENTS_ERROR_CODES { error_schema_with_codes() } else { error_schema() },
        "UpdateUserProfile": reader::schema::<F::UpdateProfile>(),
        "UserProfile": schema_of::<F::Profile>(),
        "UserProfilePage": page_schema("UserProfile", "The profiles of this page, in the order of the list."),
    });
    if F::DOCUMENTS_BULK {
        schemas["ExportTrailer"] = schema_of::<ExportTrailer>();
        schemas["UserProfileBatch"] = batch::answer_schema();
        schemas["UserProfileBatchRequests"] = batch::requests_schema();
    }
    if F::HAS_DATA_CONTROLS {
        schemas["GoogleDataControls"] = schema_of::<WireDataControls>();
        schemas["UpdateGoogleDataControls"] = reader::schema::<UpdateDataControls>();
    }
    schemas
}

/// Every path, with its operations.
pub(super) fn paths<F: WireFormat>() -> Value {
    let mut list = operation::<F>("list_user_profiles", "List user profiles", "A page of the organization's profiles.");
    list.parameters(parameters::of_list::<F>());
    let list = list.answers("UserProfilePage", &examples::page::<F>(), "The page.", &[]);

    let mut create = post::<F>("create_user_profile", "Create a user profile", "Every field may be absent.");
    create.body("CreateUserProfile", &reader::schema::<F::CreateProfile>());
    let create = profile_answer::<F>(create, "The new profile.", &on_post::<F>(WITH_BODY));

    let retrieve = operation::<F>("retrieve_user_profile", "Retrieve a user profile", "One profile.");
    let retrieve = profile_answer::<F>(retrieve, "The profile.", &[ON_ONE]);

    let mut update = post::<F>(
        "update_user_profile",
        "Update a user profile",
        "An absent field stays as it is. An update that changes nothing does not move `updated_at`.",
    );
    update.body("UpdateUserProfile", &reader::schema::<F::UpdateProfile>());
    let more = conditional::<F>(&mut update, &on_post::<F>(&[ON_ONE, 408, 413]));
    let update = profile_answer::<F>(update, "The profile after the update.", &more);

    let mut delete = operation::<F>(
        "delete_user_profile",
        "Delete a user profile",
        "Erases what the profile holds; its id is not given to another.",
    );
    let more = conditional::<F>(&mut delete, &[ON_ONE]);
    let delete = delete.answers("DeletedUserProfile", &examples::deleted(), "The profile is gone.", &more);

    let about = "A fresh link on every call, by which the entity enrolls for trusted access. Takes no body.";
    let enrollment_url = post::<F>("create_enrollment_url", "Create an enrollment URL", about);
    let enrollment_url =
        enrollment_url.answers("EnrollmentUrl", &examples::enrollment_url(), "The link.", &on_post::<F>(&[ON_ONE]));

    let about = "A fresh link on every call, by which the entity does what the body says.";
    let mut action_url = post::<F>("create_action_url", "Create an action URL", about);
    action_url.body("CreateActionUrl", &reader::schema::<CreateActionUrl>());
    let action_url =
        action_url.answers("ActionUrl", &examples::action_url(), "The link.", &on_post::<F>(&[ON_ONE, 408, 413]));

    let of_one = json!([reference("parameters", "user_profile_id")]);
    let mut paths = json!({
        "/v1/user_profiles": {"get": list, "post": create},
        "/v1/user_profiles/{user_profile_id}": {"parameters": of_one, "get": retrieve, "post": update, "delete": delete},
        "/v1/user_profiles/{user_profile_id}/enrollment_url": {"parameters": of_one, "post": enrollment_url},
        "/v1/user_profiles/{user_profile_id}/action_urls": {"parameters": of_one, "post": action_url},
    });
    if F::DOCUMENTS_BULK {
        paths["/v1/user_profiles/batch"] = json!({"post": write_batch::<F>()});
        paths["/v1/user_profiles/export"] = json!({"get": export::<F>()});
    }
    if F::HAS_DATA_CONTROLS {
        let (retrieve, update) = data_controls::<F>();
        paths["/v1/user_profiles/{user_profile_id}/providers/google/data_controls"] =
            json!({"parameters": of_one, "get": retrieve, "post": update});
    }
    paths
}

/// How profiles are exported. A line of NDJSON stands for all of them.
fn export<F: WireFormat>() -> Value {
    let about = "All profiles, oldest first: a stream of JSON objects, one a line, or of CSV. The last line is the trailer; a stream without it was cut. \
        In CSV the trailer is a row whose `type` is `export_trailer` and whose `metadata` holds the rest of it as JSON.";
    let mut export = operation::<F>("export_user_profiles", "Export user profiles", about);
    export.parameters(parameters::of_export::<F>());
    let example = examples::profile::<F>();
    let mut export = export.answers("UserProfile", &example, "The stream.", &[]);
    let line = json!({"oneOf": [reference("schemas", "UserProfile"), reference("schemas", "ExportTrailer")]});
    export["responses"]["200"]["content"] = json!({
        ExportFormat::Ndjson.media_type(): {"schema": line, "example": example},
        ExportFormat::Csv.media_type(): {"schema": {"type": "string"}},
    });
    export
}

/// How a batch is done.
fn write_batch<F: WireFormat>() -> Value {
    let about = "Creates and updates up to 1,000 user profiles in one transaction. A request without `user_profile_id` creates a profile. One that is \
        wrong fails alone, with the error type and the message of the single request; only a faulty envelope is 400. Two updates of one profile are \
        applied in their order.";
    let mut operation = post::<F>("batch_user_profiles", "Create and update user profiles in a batch", about);
    operation.parameters(vec![parameters::atomic()]);
    let create = examples::body(&reader::schema::<F::CreateProfile>());
    let update =
        json!({"custom_id": "row-2", "user_profile_id": examples::ID.to_string(), "params": {"name": "Example"}});
    let example = json!({"requests": [{"custom_id": "row-1", "params": create}, update]});
    operation.body_like("UserProfileBatchRequests", &example);
    let example = batch::example(&examples::profile::<F>());
    let about = "The results, in the order of the requests.";
    operation.answers("UserProfileBatch", &example, about, &on_post::<F>(WITH_BODY))
}

/// How data controls are retrieved and updated.
fn data_controls<F: WireFormat>() -> (Value, Value) {
    let shown = examples::data_controls();
    let about = "Encryption keys and storage buckets of the entity on Google's cloud. This service enables neither.";
    let retrieve = operation::<F>("retrieve_data_controls", "Retrieve data controls", about);
    let retrieve = retrieve.answers("GoogleDataControls", &shown, "The controls: both are disabled.", &[ON_ONE]);

    let about = "An absent control stays as it is. Disabling one changes nothing; enabling one is refused with `details.error_code` \
        `cmek_not_approved` or `storage_not_approved`.";
    let mut update = post::<F>("update_data_controls", "Update data controls", about);
    let disabled = json!({"type": "disabled"});
    update.body_like("UpdateGoogleDataControls", &json!({"cmek": disabled, "storage": disabled}));
    let more = on_post::<F>(&[ON_ONE, 408, 413]);
    (retrieve, update.answers("GoogleDataControls", &shown, "The controls: both are disabled.", &more))
}

fn operation<F: WireFormat>(id: &str, summary: &str, about: &str) -> Operation {
    let operation = Operation::new(id, summary, about, parameters::of_all::<F>());
    if F::DOCUMENTS_RETRIES_AND_CONDITIONS { operation.limited() } else { operation }
}

/// A POST, which accepts an idempotency key.
fn post<F: WireFormat>(id: &str, summary: &str, about: &str) -> Operation {
    let mut operation = operation::<F>(id, summary, about);
    if F::DOCUMENTS_RETRIES_AND_CONDITIONS {
        operation.parameters(vec![reference("parameters", "idempotency_key")]);
    }
    operation
}

/// What answers with one profile.
fn profile_answer<F: WireFormat>(operation: Operation, about: &str, more: &[u16]) -> Value {
    let example = examples::profile::<F>();
    if F::DOCUMENTS_RETRIES_AND_CONDITIONS {
        operation.answers_tagged("UserProfile", &example, about, more)
    } else {
        operation.answers("UserProfile", &example, about, more)
    }
}

/// Makes the operation one that accepts `If-Match`; the statuses `more` and that of a condition that does not hold.
fn conditional<F: WireFormat>(operation: &mut Operation, more: &[u16]) -> Vec<u16> {
    let failed = F::DOCUMENTS_RETRIES_AND_CONDITIONS.then_some(412);
    if failed.is_some() {
        operation.parameters(vec![reference("parameters", "if_match")]);
    }
    more.iter().copied().chain(failed).collect()
}

/// The statuses `more` and those of every POST.
fn on_post<F: WireFormat>(more: &[u16]) -> Vec<u16> {
    let in_progress = F::DOCUMENTS_RETRIES_AND_CONDITIONS.then_some(409);
    more.iter().copied().chain(in_progress).collect()
}
