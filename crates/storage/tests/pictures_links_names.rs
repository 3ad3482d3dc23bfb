//! Names of downloads, and links that carry them.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use storage::pictures::{AttachmentName, ImageFormat, LinkOptions, lifecycle_end};
use storage::{LinkLife, SignOptions};

#[test]
fn any_text_becomes_a_name() {
    for (text, name) in [
        ("cat.png", "cat.png"),
        ("маяк на рассвете.png", "маяк на рассвете.png"),
        ("黎明的灯塔.webp", "黎明的灯塔.webp"),
        ("🎨👩‍🚀.gif", "🎨👩‍🚀.gif"),
        ("", "picture"),
        ("   ", "picture"),
        ("..", "picture"),
        ("///", "picture"),
        ("\u{0}\u{7f}\u{85}", "picture"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\cat.png", "cat.png"),
        ("folder/", "folder"),
        ("a\r\nSet-Cookie: x=y.png", "aSet-Cookie x=y.png"),
        ("a\"; filename=\"evil.exe", "a; filename=evil.exe"),
        ("'`<b>|?*:x", "bx"),
        (".htaccess", "htaccess"),
        ("cat.png. . ", "cat.png"),
        ("two \t\u{3000}  spaces", "two spaces"),
        ("cat\u{202e}gnp.exe", "catgnp.exe"),
        ("\u{200d}joined\u{200d}", "joined"),
    ] {
        assert_eq!(AttachmentName::new(text).as_str(), name, "{text:?}");
    }
}

#[test]
fn a_long_name_keeps_its_extension_and_its_letters_whole() {
    for letter in ["a", "я", "漢", "🎨"] {
        let name = AttachmentName::new(&format!("{}.png", letter.repeat(300)));
        let stem = name.as_str().strip_suffix(".png").unwrap();
        assert_eq!(stem, letter.repeat(176 / letter.len()), "{letter}");
    }
    let endless = AttachmentName::new(&format!("a.{}", "b".repeat(300)));
    assert_eq!(endless.as_str().len(), 180);
}

#[test]
fn the_disposition_has_a_plain_name_and_the_whole_one() {
    for (text, disposition) in [
        ("cat.png", "attachment; filename=\"cat.png\""),
        (
            "cat (1)_a-b.png",
            "attachment; filename=\"cat (1)_a-b.png\"",
        ),
        (
            "маяк.png",
            "attachment; filename=\"picture.png\"; filename*=UTF-8''%D0%BC%D0%B0%D1%8F%D0%BA.png",
        ),
        (
            "маяк 2.png",
            "attachment; filename=\"_ 2.png\"; filename*=UTF-8''%D0%BC%D0%B0%D1%8F%D0%BA%202.png",
        ),
        (
            "灯塔",
            "attachment; filename=\"picture\"; filename*=UTF-8''%E7%81%AF%E5%A1%94",
        ),
        (
            "🎨.gif",
            "attachment; filename=\"picture.gif\"; filename*=UTF-8''%F0%9F%8E%A8.gif",
        ),
        (
            "100%41;x.png",
            "attachment; filename=\"100_41_x.png\"; filename*=UTF-8''100%2541%3Bx.png",
        ),
        (
            "naïve.png",
            "attachment; filename=\"na_ve.png\"; filename*=UTF-8''na%C3%AFve.png",
        ),
        ("", "attachment; filename=\"picture\""),
    ] {
        assert_eq!(AttachmentName::new(text).attachment(), disposition);
    }
    let inline = AttachmentName::new("cat.png").inline();
    assert_eq!(inline, "inline; filename=\"cat.png\"");
}

#[test]
fn the_extension_can_follow_the_format() {
    for (text, name) in [
        ("cat", "cat.webp"),
        ("cat.png", "cat.webp"),
        ("cat.JPEG", "cat.webp"),
        ("cat.webp", "cat.webp"),
        ("cat.exe", "cat.exe.webp"),
        ("v1.5 final", "v1.5 final.webp"),
        ("", "picture.webp"),
    ] {
        let named = AttachmentName::new(text).with_format(ImageFormat::WebP);
        assert_eq!(named.as_str(), name);
    }
    let long = AttachmentName::new(&"я".repeat(300)).with_format(ImageFormat::Avif);
    assert!(long.as_str().ends_with("я.avif") && long.as_str().len() <= 180);
}

#[test]
fn link_options_become_overrides_that_are_signed() {
    let hour = LinkLife::from_secs(3600).unwrap();
    let plain = LinkOptions::new().sign_options(hour);
    let expected = SignOptions {
        life: hour,
        ..SignOptions::default()
    };
    assert_eq!(plain, expected);
    let options = LinkOptions::new()
        .with_life(LinkLife::from_secs(60).unwrap())
        .with_download_as("cat.png".into())
        .with_content_type(ImageFormat::Png)
        .sign_options(hour);
    assert_eq!(options.life.as_secs(), 60);
    assert_eq!(options.object_ends_at, None);
    assert_eq!(options.response_content_type.as_deref(), Some("image/png"));
    assert_eq!(
        options.response_content_disposition.as_deref(),
        Some("attachment; filename=\"cat.png\"")
    );
}

#[test]
fn a_lifecycle_rule_ends_a_picture_at_the_midnight_after_its_days() {
    for (stored_at, days, end) in [
        ("2026-01-31T10:00:00Z", 1, "2026-02-02T00:00:00Z"),
        ("2026-01-31T23:59:59.999Z", 1, "2026-02-02T00:00:00Z"),
        ("2026-01-31T00:00:00Z", 1, "2026-02-01T00:00:00Z"),
        ("2026-01-31T00:00:00.001Z", 1, "2026-02-02T00:00:00Z"),
        ("2026-12-31T12:00:00Z", 7, "2027-01-08T00:00:00Z"),
        ("2026-01-31T10:00:00Z", 0, "2026-02-01T00:00:00Z"),
    ] {
        let end: chrono::DateTime<chrono::Utc> = end.parse().unwrap();
        assert_eq!(
            lifecycle_end(stored_at.parse().unwrap(), days),
            end,
            "{stored_at}"
        );
    }
    let last = chrono::DateTime::<chrono::Utc>::MAX_UTC;
    assert_eq!(lifecycle_end(last, u16::MAX), last);
}

/// Letters of many kinds, with those that could do harm among them more often than by chance.
fn any_name() -> impl Strategy<Value = String> {
    let letter = prop_oneof![
        4 => any::<char>(),
        2 => prop::sample::select("abz09 ._-яЖ漢🎨é".chars().collect::<Vec<_>>()),
        3 => prop::sample::select("\"'`\\/;:=%*\r\n\t\0\u{85}\u{202e}\u{200d}<>|?,()".chars().collect::<Vec<_>>()),
    ];
    prop::collection::vec(letter, 0..260).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_name_is_safe_and_stays_what_it_is(text in any_name()) {
        let name = AttachmentName::new(&text);
        let shown = name.as_str();
        prop_assert!((1..=180).contains(&shown.len()));
        prop_assert!(!shown.contains(|letter: char| letter.is_control() || "\"'`/\\<>:|?*".contains(letter)));
        prop_assert!(!shown.starts_with('.') && !shown.ends_with(['.', ' ']));
        prop_assert_eq!(&AttachmentName::new(shown), &name);
    }

    #[test]
    fn every_disposition_is_one_header_with_one_name(text in any_name()) {
        let name = AttachmentName::new(&text);
        let value = name.attachment();
        prop_assert!(value.bytes().all(|byte| matches!(byte, 0x20..=0x7e)), "{value:?}");
        let rest = value.strip_prefix("attachment; filename=\"").unwrap();
        let (plain, rest) = rest.split_once('"').unwrap();
        prop_assert!(!plain.is_empty() && !plain.contains(['"', '\\', '%', ';', '/']));
        if rest.is_empty() {
            prop_assert_eq!(plain, name.as_str());
        } else {
            let whole = rest.strip_prefix("; filename*=UTF-8''").unwrap();
            let lawful = |letter: char| letter.is_ascii_alphanumeric() || "-._~%".contains(letter);
            prop_assert!(whole.chars().all(lawful), "{whole}");
            prop_assert_eq!(percent_decode_str(whole).decode_utf8().unwrap(), name.as_str());
        }
    }
}

#[cfg(all(feature = "minio", feature = "s3-endpoint"))]
#[path = "pictures_links_names/wire.rs"]
mod wire;
