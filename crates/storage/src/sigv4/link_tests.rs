//! The end of a link, and what is signed of it.

use core_config::Secret;

use super::*;
use crate::options::LinkLife;

const BEGIN: i64 = 1_700_000_000;

/// Nine tenths of a second into it.
fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(BEGIN, 900_000_000).unwrap()
}

fn signer_with(credentials: Credentials) -> LinkSigner {
    let host = "https://img.example".parse().unwrap();
    LinkSigner::new(host, "us-east-1", credentials)
}

fn credentials() -> Credentials {
    Credentials::new("who", Secret::new("canary"))
}

fn object() -> ObjectRef {
    "imagen4/a b.png".parse().unwrap()
}

fn lives(seconds: u64) -> SignOptions {
    SignOptions {
        life: LinkLife::from_secs(seconds).unwrap(),
        ..SignOptions::default()
    }
}

fn after(seconds: i64) -> DateTime<Utc> {
    now() + TimeDelta::seconds(seconds)
}

#[test]
fn the_link_ends_with_its_life_and_holds_no_secret() {
    let signer = signer_with(credentials());
    let link = signer.sign_get(&object(), &SignOptions::default(), now());
    let link = link.unwrap();
    assert_eq!(link.expires_at().timestamp(), BEGIN + 86_400);
    assert!(
        link.expose()
            .starts_with("https://img.example/imagen4/a%20b.png?")
    );
    assert!(link.expose().contains("X-Amz-Expires=86400&"));
    assert!(!link.expose().contains("canary"));
    assert!(!format!("{signer:?}").contains("canary"));
}

#[test]
fn the_earliest_end_is_signed_and_told() {
    for (asked, credentials_end, object_end, lives_for) in [
        (60, Some(after(600)), Some(after(700)), 60),
        (600, Some(after(60)), Some(after(700)), 60),
        (600, Some(after(700)), Some(after(60)), 60),
        (600, None, Some(after(1)), 1),
        (604_800, Some(after(604_801)), None, 604_800),
        (604_800, None, None, 604_800),
        (1, None, None, 1),
    ] {
        let mut credentials = credentials();
        credentials.ends_at = credentials_end;
        let options = SignOptions {
            object_ends_at: object_end,
            ..lives(asked)
        };
        let link = signer_with(credentials).sign_get(&object(), &options, now());
        let link = link.unwrap();
        assert_eq!(link.expires_at().timestamp(), BEGIN + lives_for);
        let signed = format!("X-Amz-Expires={lives_for}&");
        assert!(link.expose().contains(&signed), "{signed}");
    }
}

#[test]
fn what_has_ended_gets_no_link() {
    // The fraction that is left of a second is no second.
    for end in [
        after(0),
        after(-1),
        after(-1_000_000_000),
        now() + TimeDelta::milliseconds(50),
    ] {
        let ended = signer_with(credentials().with_end(end));
        let refused = ended.sign_get(&object(), &lives(60), now()).unwrap_err();
        assert_eq!(refused.kind(), StorageErrorKind::Denied);
        let options = SignOptions {
            object_ends_at: Some(end),
            ..lives(60)
        };
        let gone = signer_with(credentials()).sign_get(&object(), &options, now());
        assert_eq!(gone.unwrap_err().kind(), StorageErrorKind::NotFound);
    }
}

#[test]
fn the_token_of_a_session_is_part_of_the_link() {
    let session = credentials().with_session_token(Secret::new("a/token+="));
    let link = signer_with(session).sign_get(&object(), &lives(60), now());
    assert!(link.unwrap().expose().contains(
        "X-Amz-Expires=60&X-Amz-Security-Token=a%2Ftoken%2B%3D&X-Amz-SignedHeaders=host&"
    ));
}

#[test]
fn overrides_are_part_of_the_signature() {
    let named = SignOptions {
        response_content_type: Some("image/png".to_owned()),
        response_content_disposition: Some("attachment; filename=\"a b.png\"".to_owned()),
        ..lives(60)
    };
    let signature = |options: &SignOptions| {
        let link = signer_with(credentials()).sign_get(&object(), options, now());
        let link = link.unwrap();
        let (rest, signature) = link.expose().split_once("X-Amz-Signature=").unwrap();
        (rest.to_owned(), signature.to_owned())
    };
    assert_ne!(signature(&lives(60)).1, signature(&named).1);
    assert!(signature(&named).0.contains(
        "response-content-disposition=attachment%3B%20filename%3D%22a%20b.png%22&response-content-type=image%2Fpng"
    ));
}
