//! What is read, and what is a problem.

use super::*;
use crate::MapSource;

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn absent_and_empty_values_give_the_default() {
    let source = MapSource::from([("EMPTY", "  ")]);
    let mut reader = Reader::new(&source);
    assert_eq!(reader.parse_or("EMPTY", 7), 7);
    assert_eq!(reader.parse_or("ABSENT", 8), 8);
    assert!(reader.flag("ABSENT", true));
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn ten_faults_are_ten_problems_with_name_origin_and_hint() {
    let source = MapSource::from([
        ("A", "x"),
        ("B", "300"),
        ("C", "perhaps"),
        ("D", "5 weeks"),
        ("E", "2h"),
        ("F1", "one"),
        ("F2", "two"),
        ("J", "-1"),
    ]);
    let mut reader = Reader::new(&source);
    reader.parse_or("A", 1_u16);
    reader.in_range("B", 1_u32, 1..=255);
    reader.flag("C", false);
    reader.duration("D", MINUTE, MINUTE..=MINUTE * 2);
    reader.duration("E", MINUTE, MINUTE..=MINUTE * 2);
    reader.one_of(&["F1", "F2"]);
    reader.required_text("G", "name the host");
    reader.required_secret("H", "take it from the dashboard");
    reader.problem("I", "stands without H", "set both");
    reader.parse::<u64>("J");

    let problems = reader.finish().unwrap_err();
    let names: Vec<_> = problems
        .iter()
        .map(|problem| problem.name.as_str())
        .collect();
    assert_eq!(names, ["A", "B", "C", "D", "E", "F2", "G", "H", "I", "J"]);
    for problem in &problems {
        let has_value = source.get(&problem.name).is_some();
        assert_eq!(problem.origin.is_some(), has_value, "{problem}");
        assert!(!problem.what.is_empty() && !problem.hint.is_empty());
    }
}

#[test]
fn several_names_of_one_setting_may_agree() {
    let source = MapSource::from([("FAL_KEY", "id:word\n"), ("FAL_API_KEY", "id:word")]);
    let mut reader = Reader::new(&source);
    let key = reader.one_of(&["FAL_KEY", "FAL_API_KEY"]).unwrap();
    assert_eq!(key.expose(), "id:word");
    assert_eq!(reader.finish(), Ok(()));
}

#[test]
fn secrets_that_differ_are_not_shown() {
    let source = MapSource::from([("FAL_KEY", "canary-1"), ("FAL_API_KEY", "canary-2")]);
    let mut reader = Reader::new(&source);
    assert!(reader.one_of(&["FAL_KEY", "FAL_API_KEY"]).is_none());
    let reader_shown = format!("{reader:?}");
    let shown = format!("{reader_shown} {:?}", reader.finish());
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_secret_may_stand_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("key"), "id:word\n").unwrap();
    std::fs::write(path("empty"), " \n").unwrap();
    std::fs::write(path("large"), "x".repeat(64 * 1024 + 1)).unwrap();
    let source = MapSource::new()
        .with("A_FILE", path("key"))
        .with("B", "canary")
        .with("B_FILE", path("key"))
        .with("C_FILE", path("absent"))
        .with("D_FILE", path("empty"))
        .with("E_FILE", path("large"))
        .with("F", "id:word")
        .with("G_FILE", path("key"));
    let mut reader = Reader::new(&source);
    assert_eq!(reader.secret("A").unwrap().expose(), "id:word");
    for name in ["B", "C", "D", "E"] {
        assert!(reader.secret(name).is_none(), "{name}");
    }
    let agreed = reader.one_secret_of(&["F", "G"]);
    assert_eq!(agreed.unwrap().expose(), "id:word");
    let problems = reader.finish().unwrap_err();
    let names: Vec<_> = problems.iter().map(|problem| &*problem.name).collect();
    assert_eq!(names, ["B_FILE", "C_FILE", "D_FILE", "E_FILE"]);
    assert!(!problems.to_string().contains("canary"));
}

#[test]
fn unread_names_come_with_the_nearest_read_one() {
    let source = MapSource::from([
        ("MINIO_ENDPIONT", "x"),
        ("MINIO_SECURE", "true"),
        ("MINIO_FROBNICATE", "x"),
        ("HOME", "x"),
    ]);
    let mut reader = Reader::new(&source);
    reader.text("MINIO_ENDPOINT");
    reader.flag("MINIO_SECURE", false);
    assert_eq!(
        reader.unread(&["MINIO_"]),
        [
            (
                "MINIO_ENDPIONT".to_owned(),
                Some("MINIO_ENDPOINT".to_owned())
            ),
            ("MINIO_FROBNICATE".to_owned(), None),
        ]
    );
}

#[test]
fn reading_sixty_settings_takes_less_than_a_millisecond() {
    let source = MapSource::from([("A", "1"), ("B", "30s"), ("C", "true")]);
    // The best of ten: the machine may be busy with something else.
    let best = (0..10).filter_map(|_| time_to_read_sixty(&source)).min();
    assert!(best.unwrap() < Duration::from_millis(1), "{best:?}");
}

fn time_to_read_sixty(source: &MapSource) -> Option<Duration> {
    let start = std::time::SystemTime::now();
    let mut reader = Reader::new(source);
    for _ in 0..20 {
        reader.parse_or("A", 0_u8);
        reader.duration("B", MINUTE, Duration::ZERO..=MINUTE);
        reader.flag("C", false);
    }
    assert_eq!(reader.finish(), Ok(()));
    start.elapsed().ok()
}
