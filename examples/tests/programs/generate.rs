//! `cargo run --example generate`, as a person meets it: what it prints, what it leaves, how it ends.

use std::path::Path;
use std::process::Command;

use super::support::{Finished, Program, files_below};

pub(crate) const PROMPT: &str = "a lighthouse at dawn";

pub(crate) fn generate(arguments: &[&str]) -> Program {
    Program::example("generate").arguments(arguments)
}

fn words(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "{program} {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Returns today's date in UTC, as it stands in keys.
pub(crate) fn today() -> String {
    words("date", &["-u", "+%Y/%m/%d"]).trim().to_owned()
}

fn assert_ended(finished: &Finished, code: i32) {
    assert_eq!(finished.code, Some(code), "{finished:?}");
}

/// Returns the id that stands at the start of the report.
pub(crate) fn id_of(finished: &Finished) -> String {
    let line = finished
        .stdout
        .lines()
        .find(|line| line.contains(" by fal-ai/"))
        .unwrap();
    line.split(' ').next().unwrap().to_owned()
}

#[test]
fn a_fresh_folder_gets_four_pictures_under_todays_date() {
    let program = generate(&[PROMPT, "--images", "4"]);
    let before = today();
    let finished = program.run();
    let after = today();
    assert_ended(&finished, 0);
    assert_eq!(finished.warnings(), 0, "{}", finished.stderr);

    let id = id_of(&finished);
    let folder = |day: &str| program.folder().join("data/pictures/imagen4").join(day);
    let folder = [folder(&before), folder(&after)]
        .into_iter()
        .find(|folder| folder.exists())
        .unwrap();
    let (files, manifests): (Vec<_>, Vec<_>) = files_below(&folder)
        .into_iter()
        .partition(|file| file.extension().is_some_and(|ending| ending == "png"));
    let expected = |ending: &str| -> Vec<_> {
        let name = |number| folder.join(format!("{id}_{number}.{ending}"));
        (1..=4).map(name).collect()
    };
    assert_eq!(files, expected("png"));
    assert_eq!(manifests, expected("png.json"));
    for file in &files {
        let kind = words("file", &["--brief", &file.display().to_string()]);
        assert!(kind.starts_with("PNG image data, 1024 x 1024"), "{kind}");
    }
    let records = std::fs::read(program.folder().join("data/records.sqlite")).unwrap();
    assert!(contains(&records, id.as_bytes()), "the record is not there");
    assert!(!contains(&records, b"X-Amz-"), "a signed link was saved");
}

#[test]
fn a_second_run_adds_to_the_first() {
    let program = generate(&[
        PROMPT, "--images", "1", "--format", "webp", "--ratio", "16:9",
    ]);
    let first = program.run();
    let second = program.run();
    assert_ended(&first, 0);
    assert_ended(&second, 0);
    assert!(
        second.stdout.contains("newest 2 of me are known"),
        "{}",
        second.stdout
    );
    assert!(second.stdout.contains("1408 × 768"), "{}", second.stdout);
    assert_ne!(id_of(&first), id_of(&second));
    let mut pictures = files_below(&program.folder().join("data/pictures/imagen4"));
    // Beside each picture stands its manifest.
    pictures.retain(|file| file.extension().is_some_and(|ending| ending == "webp"));
    assert_eq!(pictures.len(), 2);
    for picture in pictures {
        let kind = words("file", &["--brief", &picture.display().to_string()]);
        assert!(kind.contains("Web/P image"), "{kind}");
    }
}

#[test]
fn links_open_while_the_program_serves_them() {
    let program = generate(&[PROMPT, "--images", "2", "--format", "jpeg", "--serve"]);
    let mut running = program.start();
    let said = running.read_until("until Ctrl-C");
    let links: Vec<_> = said
        .split_whitespace()
        .filter(|word| word.starts_with("http://127.0.0.1:"))
        .collect();
    assert_eq!(links.len(), 2, "{said}");

    for (number, link) in (1..).zip(&links) {
        let copy = program.folder().join(format!("copy-{number}"));
        let told = curl(link, &copy);
        assert_eq!(told, "200 image/jpeg");
        let stored = files_below(&program.folder().join("data/pictures/imagen4"));
        let stored = stored
            .iter()
            .find(|file| file.to_string_lossy().ends_with(&format!("_{number}.jpg")))
            .unwrap();
        assert_eq!(std::fs::read(copy).unwrap(), std::fs::read(stored).unwrap());
    }
    let changed = with_changed_signature(links[0]);
    assert!(curl(&changed, Path::new("/dev/null")).starts_with("403 "));
}

#[test]
fn a_refused_prompt_ends_with_3_and_the_reason() {
    let finished = generate(&["a forbidden thing", "--images", "2"]).run();
    assert_ended(&finished, 3);
    assert!(finished.stderr.contains("refused"), "{}", finished.stderr);
    assert!(finished.stderr.contains("reason:"), "{}", finished.stderr);
}

#[test]
fn ten_planted_mistakes_are_ten_lines_with_origin_and_hint() {
    let mistakes = [
        ("FAL_KEY", "canary-without-colon"),
        ("FAL_QUEUE_URL", "http://queue.example.com"),
        ("MINIO_ENDPOINT", "http://minio.example.com:9000"),
        ("MINIO_SECRET_KEY", "minioadmin"),
        ("MINIO_BUCKET_TEMP", "Not_A_Bucket"),
        ("MINIO_PRESIGNED_EXPIRES", "604801"),
        ("REDIS_PORT", "70000"),
        ("REDIS_PASSWORD", "change-me"),
        ("IMAGEN4_MAX_IMAGES", "9"),
        ("DATABASE_URL", "mysql://host/db"),
    ];
    let right = [
        ("APP_PROFILE", "prod"),
        ("APP_ALLOW_PLAIN_TEXT", "true"),
        ("MINIO_ACCESS_KEY", "pictures"),
        ("REDIS_HOST", "redis"),
    ];
    let all = mistakes.iter().chain(&right);
    let program = all.fold(generate(&[PROMPT]), |program, (name, value)| {
        program.variable(name, *value)
    });
    let finished = program.run();
    assert_ended(&finished, 2);
    let (head, told) = finished.stderr.split_once('\n').unwrap();
    assert_eq!(head, "10 settings are wrong");
    let told: Vec<_> = told.lines().collect();
    for (name, _) in mistakes {
        let about = format!("  {name}: ");
        let lines = told.iter().filter(|line| line.starts_with(&about));
        let lines: Vec<_> = lines.collect();
        assert_eq!(lines.len(), 1, "{name}: {}", finished.stderr);
        let (_, hint) = lines[0].split_once(" (from the environment); ").unwrap();
        assert!(!hint.is_empty(), "{name}");
    }
    assert_eq!(told.len(), mistakes.len(), "{}", finished.stderr);
    assert!(!finished.stderr.contains("canary"), "the key is shown");
    assert!(files_below(program.folder()).is_empty());
}

#[test]
fn bad_input_names_the_field_and_leaves_nothing_behind() {
    let too_long = "x".repeat(2_001);
    for (arguments, field) in [
        (["", "--images", "1"], "prompt:"),
        ([&too_long, "--images", "1"], "prompt:"),
        ([PROMPT, "--images", "0"], "images:"),
        ([PROMPT, "--images", "5"], "images:"),
        ([PROMPT, "--ratio", "7:5"], "aspect_ratio:"),
        ([PROMPT, "--model", "fal-ai/unknown"], "model:"),
        ([PROMPT, "--format", "bmp"], "output_format:"),
        ([PROMPT, "--user", "a{b}"], "user"),
    ] {
        let program = generate(&arguments);
        let finished = program.run();
        assert_ended(&finished, 2);
        assert!(
            finished.stderr.contains(field),
            "{field} {}",
            finished.stderr
        );
        assert!(files_below(program.folder()).is_empty(), "{field}");
    }
}

#[test]
fn bad_settings_name_the_setting_and_leave_nothing_behind() {
    for (name, value) in [
        ("MINIO_BUCKET_IMAGEN4", "Not_A_Bucket"),
        ("FAL_QUEUE_URL", "ftp://queue.example"),
        ("FAL_KEY", "key-without-colon"),
        ("MINIO_ENDPOINT", "http://host/with/path"),
        ("MINIO_PRESIGNED_EXPIRES", "604801"),
        ("DATABASE_URL", "mysql://host/db"),
        ("APP_PROFILE", "test"),
    ] {
        let program = generate(&[PROMPT]).variable(name, value);
        let finished = program.run();
        assert_ended(&finished, 2);
        assert!(finished.stderr.contains(name), "{name} {}", finished.stderr);
        assert!(
            !finished.stderr.contains("key-without-colon"),
            "a secret is shown"
        );
        assert!(files_below(program.folder()).is_empty(), "{name}");
    }
}

#[test]
fn profile_prod_falls_back_to_nothing() {
    let finished = generate(&[PROMPT]).variable("APP_PROFILE", "prod").run();
    assert_ended(&finished, 2);
    for name in ["FAL_KEY", "MINIO_ENDPOINT", "REDIS_HOST", "DATABASE_URL"] {
        assert!(finished.stderr.contains(name), "{name} {}", finished.stderr);
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

fn curl(link: &str, to: &Path) -> String {
    let to = to.display().to_string();
    let format = "%{http_code} %{content_type}";
    words(
        "curl",
        &["--silent", "--output", &to, "--write-out", format, link],
    )
}

fn with_changed_signature(link: &str) -> String {
    let (start, signature) = link.rsplit_once("X-Amz-Signature=").unwrap();
    let first = if signature.starts_with('0') { '1' } else { '0' };
    format!("{start}X-Amz-Signature={first}{}", &signature[1..])
}
