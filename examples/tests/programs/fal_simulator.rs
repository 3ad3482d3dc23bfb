//! `cargo run --example fal_simulator`, as a person meets it: what it prints, what it serves, how it ends.

use std::process::Command;

use super::support::Program;

/// Returns the value that the program printed for a setting.
fn value<'a>(said: &'a str, name: &str) -> &'a str {
    let start = format!("export {name}=");
    let line = said.lines().find_map(|line| line.strip_prefix(&start));
    line.unwrap()
}

fn curl(arguments: &[&str]) -> String {
    let output = Command::new("curl")
        .arg("--silent")
        .args(arguments)
        .output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

#[test]
fn it_prints_where_it_serves_and_a_key_and_takes_a_script_from_a_file() {
    let program = Program::example("fal_simulator")
        .variable("SIMULATOR_RUN_TIME", "20ms")
        .variable("SIMULATOR_THUMBNAILS", "true")
        .variable("SIMULATOR_SCRIPT", "script.json");
    let script = r#"[{"when": {"nth_submit": 2}, "fault": "locked"}]"#;
    std::fs::write(program.folder().join("script.json"), script).unwrap();
    let mut running = program.start();
    let said = running.read_until("serving until Ctrl-C");
    let queue = value(&said, "FAL_QUEUE_URL");
    assert_ne!(queue, value(&said, "FAL_MEDIA_ORIGINS"));
    let key = format!("Authorization: Key {}", value(&said, "FAL_KEY"));
    let url = format!("{queue}run/fal-ai/imagen4/preview/fast");
    let submit = || curl(&["--header", &key, "--data", r#"{"prompt": "a lake"}"#, &url]);
    let output: serde_json::Value = serde_json::from_str(&submit()).unwrap();
    let link = output["images"][0]["url"].as_str().unwrap();
    let copy = program.folder().join("copy.png").display().to_string();
    curl(&["--output", &copy, link]);
    assert!(std::fs::read(copy).unwrap().starts_with(b"\x89PNG"));
    assert!(submit().contains("User is locked"), "the script counts");
    let jwks = curl(&[&format!("{queue}.well-known/jwks.json")]);
    assert!(jwks.contains("Ed25519"), "{jwks}");
}

#[test]
fn our_own_programs_use_it_with_what_it_prints() {
    let simulator = Program::example("fal_simulator")
        .variable("SIMULATOR_RUN_TIME", "20ms")
        .variable("SIMULATOR_THUMBNAILS", "true");
    let mut running = simulator.start();
    let said = running.read_until("serving until Ctrl-C");
    let mut program = Program::example("generate").arguments(&["a lake at dawn", "--images", "1"]);
    for name in [
        "FAL_KEY",
        "FAL_QUEUE_URL",
        "FAL_REST_URL",
        "FAL_PLATFORM_URL",
        "FAL_MEDIA_ORIGINS",
    ] {
        program = program.variable(name, value(&said, name));
    }
    let finished = program.run();
    assert_eq!(finished.code, Some(0), "{finished:?}");
    assert!(
        finished.stdout.contains("1 of 1 stored"),
        "{}",
        finished.stdout
    );
}

#[test]
fn bad_settings_end_with_2_and_a_taken_port_with_4() {
    let program = Program::example("fal_simulator")
        .variable("SIMULATOR_RUNNERS", "none")
        .variable("SIMULATOR_SCRIPT", "nowhere.json");
    let finished = program.run();
    assert_eq!(finished.code, Some(2), "{finished:?}");
    for name in ["SIMULATOR_RUNNERS", "SIMULATOR_SCRIPT"] {
        assert!(finished.stderr.contains(name), "{}", finished.stderr);
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let finished = Program::example("fal_simulator")
        .variable("SIMULATOR_PORT", port)
        .run();
    assert_eq!(finished.code, Some(4), "{finished:?}");
    let unknown = Program::example("fal_simulator")
        .variable("SIMULATOR_RUNNER", "2")
        .variable("SIMULATOR_RUN_TIME", "soon")
        .run();
    assert!(
        unknown.stdout.contains("is SIMULATOR_RUNNERS meant?"),
        "{unknown:?}"
    );
}
