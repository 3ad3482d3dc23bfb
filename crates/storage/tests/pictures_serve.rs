//! How a picture is served: status, headers and bytes, case by case (RFC 9110 §13 and §14).
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

#[path = "pictures_serve/cases.rs"]
mod cases;

use chrono::DateTime;
use proptest::prelude::*;
use storage::pictures::{
    AttachmentName, RequestConditions, ServeMethod, ServePlan, ServeStatus, serve_plan,
};
use storage::{ByteRange, Metadata, ObjectInfo};

use self::cases::{
    condition_cases, head, if_range_cases, range_cases, with_range, with_since, with_tags,
};

const MODIFIED: &str = "Sat, 31 Jan 2026 10:00:00 GMT";
const EARLIER: &str = "Sat, 31 Jan 2026 09:59:59 GMT";
const LATER: &str = "Sat, 31 Jan 2026 10:00:01 GMT";

/// A picture of 1000 bytes with the tag `v1`.
fn picture() -> ObjectInfo {
    ObjectInfo {
        size_bytes: 1000,
        content_type: Some("image/png".to_owned()),
        etag: Some("v1".to_owned()),
        last_modified: Some(MODIFIED.parse_rfc2822()),
        sha256: None,
        metadata: Metadata::new(),
    }
}

trait ParseRfc2822 {
    fn parse_rfc2822(&self) -> DateTime<chrono::Utc>;
}

impl ParseRfc2822 for str {
    fn parse_rfc2822(&self) -> DateTime<chrono::Utc> {
        DateTime::parse_from_rfc2822(self).unwrap().to_utc()
    }
}

/// A get without any condition.
fn get() -> RequestConditions<'static> {
    RequestConditions::default()
}

const GUARDS: [(&str, &str); 3] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "sandbox; default-src 'none'"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Compares all headers, in any order.
fn assert_headers(plan: &ServePlan, expected: &[(&'static str, &str)], case: &str) {
    let mut expected: Vec<_> = expected.iter().chain(&GUARDS).copied().collect();
    let mut seen: Vec<_> = plan
        .headers
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    expected.sort_unstable();
    seen.sort_unstable();
    assert_eq!(seen, expected, "{case}");
}

fn sent<'a>(length: &'a str, more: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let mut headers = vec![
        ("content-type", "image/png"),
        ("content-disposition", "inline"),
        ("content-length", length),
        ("accept-ranges", "bytes"),
        ("cache-control", "private, max-age=300"),
        ("etag", "\"v1\""),
        ("last-modified", MODIFIED),
    ];
    headers.extend_from_slice(more);
    headers
}

struct Case {
    name: &'static str,
    request: RequestConditions<'static>,
    status: u16,
    range: Option<ByteRange>,
    /// What a 206 says of its place.
    place: Option<(&'static str, &'static str)>,
}

fn whole(name: &'static str, request: RequestConditions<'static>) -> Case {
    Case {
        name,
        request,
        status: 200,
        range: Some(ByteRange::Whole),
        place: None,
    }
}

fn part(
    name: &'static str,
    request: RequestConditions<'static>,
    (start, end): (u64, u64),
    place: (&'static str, &'static str),
) -> Case {
    Case {
        name,
        request,
        status: 206,
        range: Some(ByteRange::Bounded { start, end }),
        place: Some(place),
    }
}

fn bodiless(name: &'static str, request: RequestConditions<'static>, status: u16) -> Case {
    Case {
        name,
        request,
        status,
        range: None,
        place: None,
    }
}

#[test]
fn forty_nine_requests_are_answered_as_rfc_9110_says() {
    let cases = [range_cases(), if_range_cases(), condition_cases()];
    let cases: Vec<_> = cases.into_iter().flatten().collect();
    assert_eq!(cases.len(), 49);
    for case in cases {
        let plan = serve_plan(&picture(), &case.request);
        assert_eq!(plan.status.code(), case.status, "{}", case.name);
        assert_eq!(plan.range, case.range, "{}", case.name);
        let expected = match (case.status, case.place) {
            (200, _) => sent("1000", &[]),
            (206, Some((length, place))) => sent(length, &[("content-range", place)]),
            (304, _) => vec![
                ("cache-control", "private, max-age=300"),
                ("etag", "\"v1\""),
            ],
            (412, _) => vec![("cache-control", "no-store"), ("content-length", "0")],
            (416, _) => vec![
                ("cache-control", "no-store"),
                ("content-length", "0"),
                ("accept-ranges", "bytes"),
                ("content-range", "bytes */1000"),
            ],
            _ => panic!("{}: no such status", case.name),
        };
        assert_headers(&plan, &expected, case.name);
    }
}

#[test]
fn only_known_pictures_are_shown_in_place() {
    for (stored, shown) in [
        ("image/png", "image/png"),
        ("image/jpeg", "image/jpeg"),
        ("image/webp", "image/webp"),
        ("image/gif", "image/gif"),
        ("image/avif", "image/avif"),
        ("Image/PNG; charset=utf-8", "image/png"),
    ] {
        let info = ObjectInfo {
            content_type: Some(stored.to_owned()),
            ..picture()
        };
        let plan = serve_plan(&info, &get());
        assert_eq!(plan.header("content-type"), Some(shown), "{stored}");
        assert_eq!(plan.header("content-disposition"), Some("inline"));
    }
    for stored in [
        Some("image/svg+xml"),
        Some("text/html"),
        Some("application/xhtml+xml"),
        Some("application/xml"),
        Some("application/pdf"),
        Some("text/plain"),
        Some("application/json"),
        Some("image/png\r\nx: y"),
        Some("image/pngx"),
        Some("image/png, text/html"),
        Some(""),
        None,
    ] {
        let info = ObjectInfo {
            content_type: stored.map(str::to_owned),
            ..picture()
        };
        for request in [get(), head(get()), with_range("bytes=0-9")] {
            let plan = serve_plan(&info, &request);
            assert_eq!(
                plan.header("content-type"),
                Some("application/octet-stream"),
                "{stored:?}"
            );
            assert_eq!(plan.header("content-disposition"), Some("attachment"));
        }
    }
}

#[test]
fn a_picture_without_tag_or_date_is_served_all_the_same() {
    let bare = ObjectInfo {
        etag: None,
        last_modified: None,
        ..picture()
    };
    for request in [get(), with_tags("\"v1\""), with_since(LATER)] {
        let plan = serve_plan(&bare, &request);
        assert_eq!(plan.status, ServeStatus::Whole);
        assert_eq!(plan.header("etag"), None);
        assert_eq!(plan.header("last-modified"), None);
    }
    let dated = ObjectInfo {
        etag: None,
        ..picture()
    };
    let plan = serve_plan(&dated, &with_since(MODIFIED));
    assert_eq!(plan.status, ServeStatus::NotModified);
    assert_eq!(plan.header("last-modified"), Some(MODIFIED));
}

#[test]
fn an_empty_object_has_no_part() {
    let empty = ObjectInfo {
        size_bytes: 0,
        ..picture()
    };
    for (range, status) in [
        (None, ServeStatus::Whole),
        (Some("bytes=0-"), ServeStatus::RangeNotSatisfiable),
        (Some("bytes=-1"), ServeStatus::Whole),
    ] {
        let plan = serve_plan(&empty, &RequestConditions { range, ..get() });
        assert_eq!(plan.status, status, "{range:?}");
        assert_eq!(plan.header("content-length"), Some("0"));
    }
}

#[test]
fn a_download_has_its_name_wherever_there_are_bytes() {
    let name = AttachmentName::new("маяк.png");
    let download = |request| {
        let plan = serve_plan(&picture(), &request).with_download_as(&name);
        plan.header("content-disposition").map(str::to_owned)
    };
    let named = Some(name.attachment());
    assert_eq!(download(get()), named);
    assert_eq!(download(head(get())), named);
    assert_eq!(download(with_range("bytes=0-9")), named);
    assert_eq!(download(with_tags("*")), None);
}

prop_compose! {
    fn any_info()(
        size_bytes in 0_u64..2000,
        content_type in proptest::option::of(any::<String>()),
        etag in proptest::option::of(any::<String>()),
    ) -> ObjectInfo {
        ObjectInfo { size_bytes, content_type, etag, ..picture() }
    }
}

proptest! {
    #[test]
    fn nothing_stored_or_asked_breaks_out_of_a_header(
        info in any_info(),
        range in proptest::option::of("(bytes=)?[0-9,-]{0,9}|.*"),
        tags in proptest::option::of(any::<String>()),
        version in proptest::option::of(any::<String>()),
        is_head in any::<bool>(),
    ) {
        let request = RequestConditions {
            method: if is_head { ServeMethod::Head } else { ServeMethod::Get },
            range: range.as_deref(),
            if_none_match: tags.as_deref(),
            if_range: version.as_deref(),
            ..get()
        };
        let plan = serve_plan(&info, &request);
        let mut names: Vec<_> = plan.headers.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), plan.headers.len());
        for (name, value) in &plan.headers {
            prop_assert!(value.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{name}: {value:?}");
        }
        for (name, value) in GUARDS {
            prop_assert_eq!(plan.header(name), Some(value));
        }
        // What is announced is what is to be read.
        if let Some(range) = plan.range {
            let bytes = range.within(info.size_bytes).unwrap();
            let length = (bytes.end - bytes.start).to_string();
            prop_assert_eq!(plan.header("content-length"), Some(&*length));
            prop_assert!(!is_head);
        }
    }
}
