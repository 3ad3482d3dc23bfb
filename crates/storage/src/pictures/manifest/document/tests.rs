use super::*;

fn manifest() -> Manifest {
    Manifest {
        generation_id: "0190-abc".to_owned(),
        number: 2,
        count: 4,
        sha256: Sha256Digest::of(b"picture"),
        size_bytes: 7,
        format: ImageFormat::Png,
        width: 1024,
        height: 768,
        owner: "tg:7".to_owned(),
        created_at: "2026-11-22T23:59:58.123456Z".parse().unwrap(),
        submitted_at: Some("2026-11-23T00:00:01Z".parse().unwrap()),
        generated_at: None,
        model_asked: "fal-ai/imagen4/preview".to_owned(),
        model_used: "fal-ai/nano-banana".to_owned(),
        request_id: Some("484ccb37".to_owned()),
        billable_micros: Some(2_000_000),
        seed: Some(7),
        prompt: ManifestPrompt::Text("a canary at dawn".to_owned()),
        negative_prompt: None,
        inputs: BTreeMap::from([("aspect_ratio".to_owned(), "16:9".to_owned())]),
        source_host: Some("v3.fal.media".to_owned()),
    }
}

/// The form that lies in buckets; a change here is one of the version.
const WRITTEN: &str = r#"{
  "version": 1,
  "generation_id": "0190-abc",
  "number": 2,
  "count": 4,
  "sha256": "d0f7f0c6",
  "size_bytes": 7,
  "format": "png",
  "width": 1024,
  "height": 768,
  "owner": "tg:7",
  "created_at": "2026-11-22T23:59:58.123456Z",
  "submitted_at": "2026-11-23T00:00:01Z",
  "generated_at": null,
  "model_asked": "fal-ai/imagen4/preview",
  "model_used": "fal-ai/nano-banana",
  "request_id": "484ccb37",
  "billable_micros": 2000000,
  "seed": 7,
  "prompt": {
    "text": "a canary at dawn"
  },
  "negative_prompt": null,
  "inputs": {
    "aspect_ratio": "16:9"
  },
  "source_host": "v3.fal.media"
}"#;

fn written() -> String {
    WRITTEN.replace("d0f7f0c6", &Sha256Digest::of(b"picture").to_string())
}

#[test]
fn the_written_form_is_fixed_and_read_back() {
    let bytes = manifest().to_json().unwrap();
    assert_eq!(String::from_utf8(bytes.clone()).unwrap(), written());
    assert_eq!(Manifest::from_json(&bytes), Ok(manifest()));
}

#[test]
fn every_choice_of_a_prompt_is_read_back() {
    for prompt in [
        ManifestPrompt::Text("два\n\"слова\"".to_owned()),
        ManifestPrompt::HmacSha256(Sha256Digest::of(b"x")),
        ManifestPrompt::NotKept,
    ] {
        let manifest = Manifest {
            negative_prompt: Some(prompt.clone()),
            prompt,
            ..manifest()
        };
        let bytes = manifest.to_json().unwrap();
        assert_eq!(Manifest::from_json(&bytes), Ok(manifest));
    }
}

#[test]
fn unknown_fields_are_passed_over_and_absent_optional_ones_are_nothing() {
    let more = written().replace("\"seed\": 7", "\"seed\": 7, \"colour\": {\"deep\": [1]}");
    assert_eq!(Manifest::from_json(more.as_bytes()), Ok(manifest()));
    let less = written().replace("  \"request_id\": \"484ccb37\",\n", "");
    let read = Manifest::from_json(less.as_bytes()).unwrap();
    assert_eq!(read.request_id, None);
}

#[test]
fn what_is_no_manifest_is_told_without_a_word_of_it() {
    let damaged = ManifestError::Damaged { line: 0, column: 0 };
    let same = |one: &ManifestError, other: &ManifestError| {
        std::mem::discriminant(one) == std::mem::discriminant(other)
    };
    for (from, to, expected) in [
        ("\"version\": 1", "\"version\": 2", ManifestError::Newer(2)),
        (
            "\"version\": 1",
            "\"version\": 0",
            ManifestError::Unlawful("version"),
        ),
        ("\"version\": 1,", "", damaged.clone()),
        ("\"seed\": 7", "\"seed\": \"canary\"", damaged.clone()),
        (
            "\"format\": \"png\"",
            "\"format\": \"canary\"",
            damaged.clone(),
        ),
        (
            "\"number\": 2",
            "\"number\": 5",
            ManifestError::Unlawful("number"),
        ),
        (
            "\"number\": 2",
            "\"number\": 0",
            ManifestError::Unlawful("generation_id"),
        ),
        (
            "\"width\": 1024",
            "\"width\": 0",
            ManifestError::Unlawful("width"),
        ),
        (
            "0190-abc",
            "../canary",
            ManifestError::Unlawful("generation_id"),
        ),
    ] {
        let text = written().replace(from, to);
        let error = Manifest::from_json(text.as_bytes()).unwrap_err();
        assert!(same(&error, &expected), "{to}: {error}");
        assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
    }
    for cut in 0..written().len() {
        assert!(Manifest::from_json(&written().as_bytes()[..cut]).is_err());
    }
    let long = format!("{}{}", written(), " ".repeat(65_536));
    assert_eq!(
        Manifest::from_json(long.as_bytes()),
        Err(ManifestError::TooLong)
    );
}

#[test]
fn what_could_not_be_read_back_is_not_written() {
    let long = Manifest {
        owner: "x".repeat(65_536),
        ..manifest()
    };
    assert_eq!(long.to_json(), Err(ManifestError::TooLong));
    let nobody = Manifest {
        generation_id: String::new(),
        ..manifest()
    };
    assert_eq!(
        nobody.to_json(),
        Err(ManifestError::Unlawful("generation_id"))
    );
    let late = Manifest {
        generated_at: Some(DateTime::<Utc>::MAX_UTC),
        ..manifest()
    };
    assert_eq!(late.to_json(), Err(ManifestError::Unlawful("generated_at")));
}

#[test]
fn two_prompts_of_the_longest_kind_fit() {
    // Of what a prompt may hold, a newline grows the most when it is escaped, and an emoji has the most bytes.
    let long = ManifestPrompt::Text("🦊".repeat(2000));
    let manifest = Manifest {
        prompt: long.clone(),
        negative_prompt: Some(long),
        ..manifest()
    };
    assert!(manifest.to_json().unwrap().len() as u64 <= MAX_BYTES / 2);
}

#[test]
fn debug_shows_neither_prompt_nor_owner() {
    let shown = format!("{:?}", manifest());
    assert!(
        !shown.contains("canary") && !shown.contains("tg:7"),
        "{shown}"
    );
    let prompt = format!("{:?}", manifest().prompt);
    assert!(!prompt.contains("canary"), "{prompt}");
}
