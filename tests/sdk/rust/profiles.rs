//! What a Rust program does with profiles.

use std::collections::HashMap;

use claude_api::error::{ApiErrorKind, Error};
use claude_api::user_profiles::{
    CreateUserProfileRequest, ListOrder, ListUserProfilesParams, UpdateUserProfileRequest, UserProfile,
};
use claude_api::{Client, Result};
use uprof_claude_api_tests::{client, client_of, client_with, crowd};

const UNKNOWN: &str = "uprof_011CZkZCu8hGbp5mYRQgUmz9";

/// The category, the status and the message of a refusal, which carries a request id.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T>) -> (ApiErrorKind, u16, String) {
    let error = answer.unwrap_err();
    assert!(error.request_id().unwrap().starts_with("req_"), "{error}");
    match error {
        Error::Api { kind, status, message, .. } => (kind, status.as_u16(), message),
        other => panic!("no answer of the service: {other}"),
    }
}

/// The ids of a list, page by page.
async fn listed(client: &Client, order: ListOrder, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut page = None::<String>;
    loop {
        let mut parameters = ListUserProfilesParams::default().limit(limit).order(order);
        parameters.page = page;
        let answer = client.user_profiles().list(parameters).await.unwrap();
        assert!(answer.data.len() == limit as usize || answer.next_cursor().is_none());
        ids.extend(answer.data.iter().map(|profile| profile.id.clone()));
        match answer.next_cursor() {
            Some(next) => page = Some(next.to_owned()),
            None => return ids,
        }
    }
}

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> HashMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

async fn created(client: &Client) -> UserProfile {
    let request = CreateUserProfileRequest::new().external_id("user_12345").metadata_entry("plan", "pro");
    client.user_profiles().create(request).await.unwrap()
}

#[tokio::test]
async fn a_profile_is_created_and_retrieved_as_it_was_answered() {
    let client = client();
    let profile = created(&client).await;
    assert_eq!(profile.kind, "user_profile");
    assert_eq!(profile.external_id.as_deref(), Some("user_12345"));
    assert_eq!(profile.metadata, pairs([("plan", "pro")]));
    assert!(profile.trust_grants.is_empty());
    assert_eq!(profile.created_at, profile.updated_at);
    assert_eq!(client.user_profiles().get(&profile.id).await.unwrap(), profile);

    let empty = client.user_profiles().create(CreateUserProfileRequest::new()).await.unwrap();
    assert_eq!((empty.external_id, empty.metadata), (None, HashMap::new()));
}

#[tokio::test]
async fn an_update_merges_metadata_and_leaves_what_it_does_not_name() {
    let client = client();
    let profile = created(&client).await;
    let update = async |request| client.user_profiles().update(&profile.id, request).await.unwrap();

    let merged = update(UpdateUserProfileRequest::new().set_metadata("team", "a").set_metadata("plan", "free")).await;
    assert_eq!(merged.metadata, pairs([("plan", "free"), ("team", "a")]));
    assert_eq!(merged.external_id, profile.external_id);
    assert!(merged.updated_at > profile.updated_at);
    let removed = update(UpdateUserProfileRequest::new().remove_metadata("plan").external_id("user_2")).await;
    assert_eq!(removed.metadata, pairs([("team", "a")]));
    assert_eq!(removed.external_id.as_deref(), Some("user_2"));
    assert_eq!(update(UpdateUserProfileRequest::new()).await, removed);
}

#[tokio::test]
async fn all_pages_of_a_list_have_every_profile_once_in_both_orders() {
    let client = client_with("UPROF_TEST_CROWD_KEY", &[]);
    let oldest_first = crowd();
    let newest_first: Vec<_> = oldest_first.iter().rev().cloned().collect();
    for limit in [37, 100] {
        assert_eq!(listed(&client, ListOrder::Asc, limit).await, oldest_first);
        assert_eq!(listed(&client, ListOrder::Desc, limit).await, newest_first);
    }
}

#[tokio::test]
async fn an_enrollment_url_is_a_new_link_on_every_call() {
    let client = client();
    let profile = created(&client).await;
    let first = client.user_profiles().create_enrollment_url(&profile.id).await.unwrap();
    let second = client.user_profiles().create_enrollment_url(&profile.id).await.unwrap();
    assert_eq!(first.kind, "enrollment_url");
    assert!(first.url.starts_with("http") && first.url != second.url, "{}", first.url);
    assert!(first.expires_at > profile.created_at);
}

#[tokio::test]
async fn the_newer_shapes_are_read_too() {
    for shape in ["user-profiles-2026-08-18", "user-profiles-2026-09-04"] {
        let client = client_with("UPROF_TEST_API_KEY", &[shape]);
        let profiles = client.user_profiles();
        let profile = profiles.create(CreateUserProfileRequest::new().metadata_entry("plan", "pro")).await.unwrap();
        assert_eq!(profiles.get(&profile.id).await.unwrap(), profile);
        assert_eq!(profile.metadata, pairs([("plan", "pro")]));
    }
}

#[tokio::test]
async fn refusals_have_their_category_and_name_the_field() {
    let client = client();
    let profile = created(&client).await;

    let wrong = CreateUserProfileRequest::new().external_id("").metadata_entry("plan", "");
    let (kind, status, message) = refused(client.user_profiles().create(wrong).await);
    assert_eq!((kind, status), (ApiErrorKind::InvalidRequestError, 400));
    assert!(message.contains("external_id: ") && message.contains("metadata.plan: "), "{message}");
    let far = ListUserProfilesParams::default().limit(101);
    assert_eq!(refused(client.user_profiles().list(far).await).1, 400);

    for id in [UNKNOWN, crowd()[0].as_str()] {
        let (kind, status, _) = refused(client.user_profiles().get(id).await);
        assert_eq!((kind, status), (ApiErrorKind::NotFoundError, 404));
    }
    let stranger = client_of("uprof-key-of-nobody".to_owned(), &[]);
    let (kind, status, _) = refused(stranger.user_profiles().get(&profile.id).await);
    assert_eq!((kind, status), (ApiErrorKind::AuthenticationError, 401));
    let reader = client_with("UPROF_TEST_READ_ONLY_KEY", &[]);
    let (kind, status, _) = refused(reader.user_profiles().create(CreateUserProfileRequest::new()).await);
    assert_eq!((kind, status), (ApiErrorKind::PermissionError, 403));
    assert_eq!(reader.user_profiles().get(&profile.id).await.unwrap(), profile);
}
