#![doc = include_str!("../README.md")]
#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

mod bot;
mod failure;
mod logging;
mod replies;
mod settings;
mod stopping;
mod updates;
mod webhook;

use std::process::ExitCode;

use assembly::{Assembly, Services, Settings};
use core_config::Environment;

use failure::Failure;
use settings::BotSettings;

/// Runs the bot until it is asked to stop.
///
/// `TELEGRAM_BOT_TOKEN` is all it needs; everything else has the stand-ins of the other programs, and the settings
/// of its own are in `docs/CONFIGURATION.md`.
/// Exit codes: 0 stopped when asked to, 2 bad settings or a token that Telegram does not take, 4 something that is
/// needed is down, 1 anything else.
///
/// # Cancellation
///
/// What is under way is cut off; the records of pictures tell where each stands.
pub async fn main() -> ExitCode {
    logging::start();
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run() -> Result<(), Failure> {
    let (settings, rest) = settings::read(&Environment)?;
    report(&settings, &rest);
    let services = Assembly::new(rest.clone()).start().await?;
    for part in services.parts(&rest).await {
        println!("{part}");
    }
    let outcome = serve(settings, &services).await;
    services.shutdown().await;
    outcome
}

/// Prints which stand-ins are in use and which names mean nothing, a line each.
fn report(own: &BotSettings, rest: &Settings) {
    if let Some(line) = rest.stand_ins() {
        println!("{line}");
    }
    for (name, instead) in rest.unused_names() {
        println!("setting {name} means nothing here; {instead}");
    }
    for (name, nearest) in own.unknown.iter().chain(rest.unknown_names()) {
        match nearest {
            Some(nearest) => println!("setting {name} is unknown; is {nearest} meant?"),
            None => println!("setting {name} is unknown"),
        }
    }
}

async fn serve(settings: BotSettings, services: &Services) -> Result<(), Failure> {
    Box::pin(bot::run(settings, services, stopping::asked_to_stop())).await
}
