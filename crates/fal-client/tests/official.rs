//! FAL's own clients, in Python and JavaScript, take the simulator for FAL; the scenes are in the folder beside this
//! file, and assert what the clients see.
//!
//! `OFFICIAL_FAL_PYTHON` names a Python that can import `fal_client`, and `OFFICIAL_FAL_NODE_MODULES` a folder with
//! `@fal-ai/client`; `cargo xtask test` makes both.
#![cfg(feature = "simulator")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up panics")]

use std::process::{Command, Output, Stdio};
use std::time::Duration;

use core_config::{Environment, TextSource};
use fal_client::simulator::{Control, FalSimulator, FalSimulatorBuilder, Fault, Rule, Step};

/// The folder of the scripts.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/official");

fn named(variable: &str, package: &str) -> String {
    let named = Environment.get(variable).map(|text| text.value);
    named.filter(|name| !name.is_empty()).unwrap_or_else(|| {
        panic!("run `cargo xtask test`, or install {package} and name its place in {variable}")
    })
}

fn python() -> Command {
    let mut command = Command::new(named("OFFICIAL_FAL_PYTHON", "fal-client"));
    command.arg(format!("{SCRIPTS}/python.py")).env_clear();
    command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONUTF8", "1");
    command
}

fn node() -> Command {
    let mut command = Command::new("node");
    command.arg(format!("{SCRIPTS}/javascript.cjs")).env_clear();
    if let Some(path) = Environment.get("PATH") {
        command.env("PATH", path.value);
    }
    let modules = named("OFFICIAL_FAL_NODE_MODULES", "@fal-ai/client");
    command.env("NODE_PATH", modules);
    command
}

/// Returns a simulator that runs requests as fast as it can draw small pictures.
fn quick() -> FalSimulatorBuilder {
    let builder = FalSimulator::builder().thumbnails();
    builder.run_time(Duration::from_millis(60))
}

/// Returns a simulator in which every request waits longer than any test.
fn waiting() -> FalSimulatorBuilder {
    quick().queue_time(Duration::from_hours(1))
}

fn struck(fault: Fault) -> FalSimulatorBuilder {
    quick().script([Rule::nth_submit(1, fault)])
}

fn runner_lost() -> FalSimulatorBuilder {
    struck(Fault::CompletesWithError {
        error: "Runner disconnected".to_owned(),
        error_type: "runner_disconnected".to_owned(),
    })
}

/// A failure that the client in JavaScript does not repeat for seconds.
fn out_of_memory() -> FalSimulatorBuilder {
    struck(Fault::CompletesWithError {
        error: "Out of memory".to_owned(),
        error_type: "runner_server_error".to_owned(),
    })
}

fn busy() -> FalSimulatorBuilder {
    struck(Fault::TooManyRequests {
        retry_after: Duration::from_secs(1),
    })
}

fn ingress(at: Step) -> FalSimulatorBuilder {
    struck(Fault::Ingress { status: 503, at })
}

/// Plays a scene against a simulator and returns what the simulator was asked.
async fn play(
    command: fn() -> Command,
    scene: &'static str,
    simulator: FalSimulatorBuilder,
) -> Control {
    let simulator = simulator.start().await.unwrap();
    let proxy = simulator.queue_url().join("api/fal/proxy").unwrap();
    let addresses = [
        ("QUEUE", simulator.queue_url()),
        ("RUN", simulator.run_url()),
        ("REST", simulator.rest_url()),
        ("CDN", simulator.rest_url()),
        ("PROXY", proxy),
    ];
    let addresses = addresses.map(|(name, url)| (name, url.to_string()));
    let key = simulator.key();
    let output = tokio::task::spawn_blocking(move || -> Output {
        command()
            .arg(scene)
            .envs(addresses)
            .env("KEY", key.expose())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    });
    let output = output.await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{scene}: {errors}");
    let control = simulator.control();
    simulator.stop().await;
    control
}

/// Makes a test of each scene, with the simulator it needs and the number of submits that it is to accept.
macro_rules! scenes {
    ($command:ident, $($name:ident = $scene:literal over $simulator:expr => $accepted:literal,)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            #[ignore = "needs FAL's own clients; cargo xtask test provides them"]
            async fn $name() {
                let asked = play($command, $scene, $simulator).await;
                assert_eq!(asked.accepted_submits(), $accepted);
            }
        )*
    };
}

mod in_python {
    use super::*;

    scenes! { python,
        submits_polls_and_fetches = "submit_status_result" over quick() => 1,
        reads_places_in_the_queue = "waits_in_the_queue" over waiting() => 2,
        takes_a_job_up_again_by_its_id = "taken_up_again_by_id" over quick() => 1,
        subscribes_with_every_option = "subscribe" over quick() => 1,
        subscribes_to_two_at_once = "subscribe_async" over quick() => 2,
        cancels_and_is_told_when_it_is_too_late = "cancel" over waiting() => 1,
        gives_up_and_cancels = "client_timeout" over waiting() => 1,
        reads_the_reasons_of_refusals = "refusals" over quick() => 2,
        is_turned_away_with_fals_words = "turned_away" over quick() => 0,
        reads_why_a_job_failed = "failed_job" over runner_lost() => 1,
        repeats_a_submit_after_429 = "repeats" over busy() => 1,
        repeats_a_submit_after_the_ingress = "repeats" over ingress(Step::Submit) => 1,
        repeats_a_status_after_the_ingress = "repeats" over ingress(Step::Status) => 1,
        pays_twice_when_an_answer_is_lost = "repeats" over struck(Fault::DropAfterAccept) => 2,
        is_told_that_the_limit_to_start_passed = "start_timeout" over waiting() => 1,
        runs_without_the_queue = "run" over quick() => 2,
        reads_a_stream_of_output = "stream" over quick() => 1,
        uploads_a_file = "upload" over quick() => 0,
        uploads_a_file_in_parts = "upload_in_parts" over quick() => 0,
    }
}

mod in_javascript {
    use super::*;

    scenes! { node,
        submits_polls_and_fetches = "submit_status_result" over quick() => 1,
        reads_places_in_the_queue = "waits_in_the_queue" over waiting() => 2,
        subscribes_with_every_option = "subscribe" over quick() => 1,
        reads_the_stream_of_states = "stream_of_states" over quick() => 1,
        subscribes_by_stream = "subscribe_by_stream" over quick() => 1,
        cancels_and_is_told_when_it_is_too_late = "cancel" over waiting() => 1,
        gives_up_and_cancels = "client_timeout" over waiting() => 1,
        reads_the_reasons_of_refusals = "refusals" over quick() => 2,
        is_turned_away_with_fals_words = "turned_away" over quick() => 0,
        reads_why_a_job_failed = "failed_job" over out_of_memory() => 1,
        repeats_a_submit_after_429 = "repeats" over busy() => 1,
        repeats_a_result_after_a_504 = "repeats" over struck(Fault::ResultTimesOut) => 1,
        pays_twice_when_an_answer_is_lost = "repeats" over struck(Fault::DropAfterAccept) => 2,
        is_told_that_the_limit_to_start_passed = "start_timeout" over waiting() => 1,
        runs_without_the_queue = "run" over quick() => 2,
        reads_a_stream_of_output = "stream" over quick() => 1,
        uploads_a_file_and_one_within_an_input = "upload" over quick() => 0,
        uploads_a_file_in_parts = "upload_in_parts" over quick() => 0,
        goes_through_a_proxy = "by_proxy" over quick() => 2,
    }
}
