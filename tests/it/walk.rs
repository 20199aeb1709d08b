//! docs/walk.md: from a new profile to its grant.

use uprof::domain::credential::api_key::Scope;

use crate::support::receiver::Receiver;
use crate::support::walkthrough::Walkthrough;
use crate::support::{KeySpec, Shape, TestApp};

const PROFILE: &str = "/v1/user_profiles/uprof_011CZkZCu8hGbp5mYRQgUmz9";
const LINK: &str = "/enroll/0hDvZ3yUq8Wc1Rk5TtLm2NpXs7Ba4Jf6Gg9VbEoYiQu";
const SECRET: &str = "whsec_Mh3n5Yw1q8sT0uV7xZ2aB4cD6eF9gH1iJ3kL5mN7oP8=";

#[test]
fn every_request_of_the_page_is_answered_as_it_documents() {
    let app = TestApp::with(&["--public-url=https://profiles.example.com", "--webhooks-allow-insecure"]);
    let operator = app.another_key(KeySpec { scopes: vec![Scope::Admin], ..KeySpec::default() });
    let platform = Receiver::start();
    let mut walk = Walkthrough::open("walk.md", app.address);
    walk.define("$PLATFORM_KEY", &app.key.secret);
    walk.define("$OPERATOR_KEY", &operator.secret);
    walk.define("https://platform.example.com/hooks", &platform.url("/hooks"));

    walk.sends("POST /v1/organizations/webhooks");

    walk.sends("POST /v1/user_profiles");
    walk.sends(&format!("POST {PROFILE}"));
    walk.sends(&format!("POST {PROFILE}"));
    walk.sends(&format!("POST {PROFILE}/enrollment_url"));

    walk.sends(&format!("GET {LINK}"));
    walk.sends(&format!("POST {LINK}"));
    walk.sends(&format!("GET {PROFILE}"));

    let requested = platform.next();
    assert!(requested.is_signed_with(walk.real(SECRET)), "{requested:?}");
    walk.receives(&requested);

    walk.sends("GET /v1/organizations/trust_grants");
    walk.sends(&format!("POST {PROFILE}/trust_grants/cyber"));

    let granted = platform.next();
    assert!(granted.is_signed_with(walk.real(SECRET)), "{granted:?}");
    walk.receives(&granted);

    for _ in Shape::ALL {
        walk.sends(&format!("GET {PROFILE}"));
    }
    walk.sends(&format!(
        "GET /v1/organizations/events?user_profile_id={}&order=asc",
        PROFILE.rsplit('/').next().unwrap()
    ));

    walk.ends();
}
