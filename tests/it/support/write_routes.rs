//! A service with one profile, and the two routes that write its fields: create and update.

use serde_json::{Value, json};

use super::answer::Answer;
use super::app::TestApp;
use super::client::{Client, PROFILES, id, path};
use super::shape::Shape;

pub(crate) struct WriteRoutes {
    pub(crate) app: TestApp,
    pub(crate) client: Client,
    profile: Value,
}

impl WriteRoutes {
    /// In `shape`.
    pub(crate) fn of(shape: Shape) -> Self {
        let app = TestApp::start();
        let client = app.client.speaking(shape);
        let profile = client.create(&json!({"name": "Before", "metadata": {"retained": "yes"}}));
        Self { app, client, profile }
    }

    pub(crate) fn create(&self, body: &Value) -> Answer {
        self.client.post(PROFILES).json(body)
    }

    pub(crate) fn update(&self, body: &Value) -> Answer {
        self.client.post(&path(id(&self.profile))).json(body)
    }

    /// Both routes accept `body`, and `shown` holds for their answers.
    #[track_caller]
    pub(crate) fn accept(&self, body: &Value, shown: impl Fn(&Value) -> bool) {
        for answer in [self.create(body).ok(), self.update(body).ok()] {
            assert!(shown(&answer), "{body} became {answer}");
            assert!(shown(&self.client.retrieve(id(&answer))), "{body} is not read as it was answered");
        }
    }

    /// Both routes refuse `body` for `reasons`, and no profile changes.
    #[track_caller]
    pub(crate) fn refuse(&self, body: &Value, reasons: &str) {
        let oldest = || self.client.list("order=asc&limit=2")["data"].clone();
        let before = oldest();
        assert_eq!(self.create(body).refused(400), reasons, "create {body}");
        assert_eq!(self.update(body).refused(400), reasons, "update {body}");
        assert_eq!(oldest(), before, "after {body}");
    }
}
