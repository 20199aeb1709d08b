//! docs/walk.md: from a client's create to a grant, through everybody's hands.

use uprof::domain::api_key::Scope;

use crate::support::told::Told;
use crate::support::{KeySpec, TestApp};

const PROFILE: &str = "/v1/user_profiles/uprof_011CZkZCu8hGbp5mYRQgUmz9";
const LINK: &str = "/enroll/0hDvZ3yUq8Wc1Rk5TtLm2NpXs7Ba4Jf6Gg9VbEoYiQu";

#[test]
fn from_a_profile_to_a_grant_everything_is_as_the_page_tells_it() {
    let app = TestApp::with(&["--public-url=https://profiles.example.com"]);
    let operator = app.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() });
    let mut walk = Told::by("walk.md", app.address);
    walk.call("$PLATFORM_KEY", &app.key.secret);
    walk.call("$OPERATOR_KEY", &operator.secret);

    walk.sends("POST /v1/user_profiles");
    walk.sends(&format!("POST {PROFILE}/enrollment_url"));

    walk.sends(&format!("GET {LINK}"));
    walk.sends(&format!("POST {LINK}"));
    walk.sends(&format!("GET {PROFILE}"));

    walk.ends();
}
