//! A planted key is looked for in all that the client shows while everything goes wrong: it is found nowhere.
#![cfg(all(
    feature = "http",
    feature = "simulator",
    feature = "testing",
    feature = "webhook"
))]
#![expect(
    clippy::unwrap_used,
    reason = "what sets a test up may panic as the test does"
)]

mod beside;
mod echo;
mod queue;
mod shown;

use std::time::Duration;

use fal_client::{FalKey, http::FalSettings, simulator::FalSimulator};

use shown::Shown;

/// Settings of the simulator's key, with limits that faults of time run into.
fn settings(simulator: &FalSimulator) -> FalSettings {
    let limit = Duration::from_millis(500);
    let key = FalKey::new(&simulator.key()).unwrap();
    FalSettings::new(key)
        .with_queue_url(simulator.queue_url().try_into().unwrap())
        .with_run_url(simulator.run_url().try_into().unwrap())
        .with_rest_url(simulator.rest_url().try_into().unwrap())
        .with_platform_url(simulator.platform_url().try_into().unwrap())
        .with_request_timeout(limit)
        .with_run_timeout(limit)
        .with_stream_idle_timeout(limit)
}

#[tokio::test]
async fn the_key_shows_in_no_log_no_error_no_panic_and_no_debug_output() {
    let simulator = FalSimulator::builder()
        .thumbnails()
        .run_time(Duration::from_millis(1))
        .start()
        .await
        .unwrap();
    let mut shown = Shown::listen();
    let settings = settings(&simulator);
    shown.debug(&(&settings, settings.key(), &simulator, simulator.control()));
    queue::all_goes_wrong(&simulator, &settings, &mut shown).await;
    queue::waits_go_wrong(&simulator, &settings, &mut shown).await;
    beside::runs_go_wrong(&simulator, &settings, &mut shown).await;
    beside::the_platform_goes_wrong(&simulator, &settings, &mut shown).await;
    beside::uploads_go_wrong(&settings, &mut shown).await;
    beside::webhooks_go_wrong(&simulator, &settings, &mut shown).await;
    echo::the_key_comes_back(&settings, &mut shown).await;
    shown.assert_hidden(&simulator.key());
    simulator.stop().await;
}
