//! Turns a prompt into stored pictures: `cargo run --example generate -- "a lighthouse at dawn"`.
//!
//! Without any setting it makes everything itself: a simulator of FAL, files below `./data`, a cache in memory.
//! With `FAL_KEY`, `MINIO_…` and `REDIS_…` set it uses the real ones.
//! Exit codes: 0 done, 2 bad input or settings, 3 refused by the model, 4 something that is needed is down,
//! 1 anything else.

#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

mod support;

use std::process::ExitCode;

use assembly::{Assembly, Services, Settings};
use clap::Parser;
use core_config::Environment;
use imagen4_domain::{Catalogue, RequestDraft, UserId};

use support::failure::Failure;
use support::progress::Waiting;
use support::report;

/// Turns a prompt into stored pictures.
#[derive(Debug, Parser)]
struct Arguments {
    /// What to show, 3 to 2000 characters.
    prompt: String,
    /// How many pictures, 1 to 4.
    #[arg(long, default_value_t = 4)]
    images: u32,
    /// The shape, such as 16:9; the setting's default when left out.
    #[arg(long)]
    ratio: Option<String>,
    /// The model, such as fal-ai/nano-banana; the setting's default when left out.
    #[arg(long)]
    model: Option<String>,
    /// The format: png, jpeg or webp.
    #[arg(long)]
    format: Option<String>,
    /// A number that makes the pictures repeatable.
    #[arg(long)]
    seed: Option<u32>,
    /// Whose pictures these are.
    #[arg(long, default_value = "me")]
    user: String,
    /// Go on serving the links until Ctrl-C.
    #[arg(long)]
    serve: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    support::log_warnings();
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: &Arguments) -> Result<(), Failure> {
    let assembly = Assembly::from_source(&Environment)?;
    let user: UserId = arguments.user.parse()?;
    draft(arguments).check(&Catalogue::default(), assembly.settings().imagen4())?;
    report::settings(assembly.settings());
    let settings = assembly.settings().clone();
    let services = assembly.start().await?;
    let outcome = generate(&services, &settings, &user, arguments).await;
    services.shutdown().await;
    outcome
}

async fn generate(
    services: &Services,
    settings: &Settings,
    user: &UserId,
    arguments: &Arguments,
) -> Result<(), Failure> {
    let waiting = Waiting::new();
    let listener = waiting.listener();
    let outcome = services
        .generate()
        .generate(user, draft(arguments), listener)
        .await;
    waiting.finish();
    let generation = outcome?;
    let views = services.library().links(&generation).await;
    report::pictures(&generation, &views);
    report::links(&views, services, arguments.serve);
    report::whereabouts(&generation, services, settings).await;
    // Read back as any reader would: as the owner, through the cache. The pictures are told of by now.
    match services.library().recent(user, 50).await {
        Ok(newest) => println!("newest {} of {user} are known", newest.len()),
        Err(error) => tracing::warn!(%error, "the newest cannot be read back"),
    }
    if arguments.serve {
        println!("serving the links until Ctrl-C");
        support::until_interrupted().await;
    }
    Ok(())
}

fn draft(arguments: &Arguments) -> RequestDraft {
    let mut draft = RequestDraft::new(&arguments.prompt).with_images(arguments.images);
    if let Some(ratio) = &arguments.ratio {
        draft = draft.with_aspect_ratio(ratio);
    }
    if let Some(model) = &arguments.model {
        draft = draft.with_model(model);
    }
    if let Some(format) = &arguments.format {
        draft = draft.with_output_format(format);
    }
    if let Some(seed) = arguments.seed {
        draft = draft.with_seed(seed);
    }
    draft
}
