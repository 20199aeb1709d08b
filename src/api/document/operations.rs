//! The operations, each under the name of its handler.

use serde_json::{Map, Value, json};

use super::{answers, error_schema, examples, parameters, reference};
use crate::api::body::reader;
use crate::api::v2026_03_24::deletion::DeletedProfile;
use crate::api::v2026_03_24::links::{ActionUrl, CreateActionUrl, EnrollmentUrl};
use crate::api::wire::list::filters_by_enforcement;
use crate::api::wire::schema::{Documented, object};
use crate::api::{ApiVersion, WireFormat};

/// What only an operation on one profile answers.
const ON_ONE: u16 = 404;
/// What only a POST with a body answers.
const WITH_BODY: &[u16] = &[408, 413];

/// The schemas that operations refer to, by the names of their components.
pub(super) fn schemas<F: WireFormat>() -> Value {
    json!({
        "ActionUrl": ActionUrl::schema(),
        "CreateActionUrl": reader::schema::<CreateActionUrl>(F::VERSION),
        "CreateUserProfile": reader::schema::<F::CreateProfile>(F::VERSION),
        "DeletedUserProfile": DeletedProfile::schema(),
        "EnrollmentUrl": EnrollmentUrl::schema(),
        "Error": error_schema(),
        "UpdateUserProfile": reader::schema::<F::UpdateProfile>(F::VERSION),
        "UserProfile": F::Profile::schema(),
        "UserProfilePage": page_schema("UserProfile", "The profiles of this page, in the order of the list."),
    })
}

/// The schema of a page of the objects that are called `name`.
pub(super) fn page_schema(name: &str, about: &str) -> Value {
    object([
        ("data", json!({"type": "array", "items": reference("schemas", name)}), about),
        (
            "next_page",
            json!({"type": ["string", "null"]}),
            "Where the next page begins: the parameter `page` of the request for it. Null on the last page.",
        ),
    ])
}

/// Every path, with its operations.
pub(super) fn paths<F: WireFormat>() -> Value {
    let mut list = operation::<F>("list_user_profiles", "List user profiles", "A page of the organization's profiles.");
    list.parameters(parameters::of_list(filters_by_enforcement::<F>()));
    let list = list.answers("UserProfilePage", &examples::page::<F>(), "The page.", &[]);

    let mut create = post::<F>("create_user_profile", "Create a user profile", "Every field may be absent.");
    create.body("CreateUserProfile", &reader::schema::<F::CreateProfile>(F::VERSION));
    let create = create.answers("UserProfile", &examples::profile::<F>(), "The new profile.", &on_post::<F>(WITH_BODY));

    let retrieve = operation::<F>("retrieve_user_profile", "Retrieve a user profile", "One profile.");
    let retrieve = retrieve.answers("UserProfile", &examples::profile::<F>(), "The profile.", &[ON_ONE]);

    let mut update = post::<F>(
        "update_user_profile",
        "Update a user profile",
        "An absent field stays as it is. An update that changes nothing does not move `updated_at`.",
    );
    update.body("UpdateUserProfile", &reader::schema::<F::UpdateProfile>(F::VERSION));
    let update = update.answers(
        "UserProfile",
        &examples::profile::<F>(),
        "The profile after the update.",
        &on_post::<F>(&[ON_ONE, 408, 413]),
    );

    let delete = operation::<F>(
        "delete_user_profile",
        "Delete a user profile",
        "Erases what the profile holds; its id is not given to another.",
    );
    let delete = delete.answers("DeletedUserProfile", &examples::deleted(), "The profile is gone.", &[ON_ONE]);

    let about = "A fresh link on every call, by which the entity enrolls for trusted access. Takes no body.";
    let enrollment_url = post::<F>("create_enrollment_url", "Create an enrollment URL", about);
    let enrollment_url =
        enrollment_url.answers("EnrollmentUrl", &examples::enrollment_url(), "The link.", &on_post::<F>(&[ON_ONE]));

    let about = "A fresh link on every call, by which the entity does what the body says.";
    let mut action_url = post::<F>("create_action_url", "Create an action URL", about);
    action_url.body("CreateActionUrl", &reader::schema::<CreateActionUrl>(F::VERSION));
    let action_url =
        action_url.answers("ActionUrl", &examples::action_url(), "The link.", &on_post::<F>(&[ON_ONE, 408, 413]));

    let of_one = json!([reference("parameters", "user_profile_id")]);
    json!({
        "/v1/user_profiles": {"get": list, "post": create},
        "/v1/user_profiles/{user_profile_id}": {"parameters": of_one, "get": retrieve, "post": update, "delete": delete},
        "/v1/user_profiles/{user_profile_id}/enrollment_url": {"parameters": of_one, "post": enrollment_url},
        "/v1/user_profiles/{user_profile_id}/action_urls": {"parameters": of_one, "post": action_url},
    })
}

fn operation<F: WireFormat>(id: &str, summary: &str, about: &str) -> Operation {
    Operation::new(id, summary, about, parameters::of_all(F::VERSION))
}

/// A POST, which takes an idempotency key. The frozen documents are older than that.
fn post<F: WireFormat>(id: &str, summary: &str, about: &str) -> Operation {
    let mut operation = operation::<F>(id, summary, about);
    if F::VERSION == ApiVersion::Ga {
        operation.parameters(vec![reference("parameters", "idempotency_key")]);
    }
    operation
}

/// What a POST answers beside `more`.
fn on_post<F: WireFormat>(more: &[u16]) -> Vec<u16> {
    let in_progress = (F::VERSION == ApiVersion::Ga).then_some(409);
    more.iter().copied().chain(in_progress).collect()
}

/// An operation that is being written down.
pub(super) struct Operation(Map<String, Value>);

impl Operation {
    pub(super) fn new(id: &str, summary: &str, about: &str, parameters: Vec<Value>) -> Self {
        let mut operation = Map::new();
        operation.insert("operationId".to_owned(), id.into());
        operation.insert("summary".to_owned(), summary.into());
        operation.insert("description".to_owned(), about.into());
        operation.insert("parameters".to_owned(), parameters.into());
        Self(operation)
    }

    pub(super) fn parameters(&mut self, more: Vec<Value>) {
        if let Some(Value::Array(parameters)) = self.0.get_mut("parameters") {
            parameters.extend(more);
        }
    }

    pub(super) fn body(&mut self, name: &str, schema: &Value) {
        self.body_like(name, &examples::body(schema));
    }

    /// A body of which not all fields go together, so that an `example` has to be chosen.
    pub(super) fn body_like(&mut self, name: &str, example: &Value) {
        let content = json!({"schema": reference("schemas", name), "example": example});
        let body = json!({"required": true, "content": {"application/json": content}});
        self.0.insert("requestBody".to_owned(), body);
    }

    pub(super) fn answers(mut self, success: &str, example: &Value, about: &str, more: &[u16]) -> Value {
        self.0.insert("responses".to_owned(), answers::answers(success, example, about, more));
        self.0.into()
    }
}
