//! Tries out Redis and the object store that the settings name: `cargo run --example check`.
//!
//! It writes, reads and removes a random key in each, looks at the form of FAL's key, and leaves nothing behind.
//! Exit codes: 0 everything works, 2 bad input or settings, 1 no adapter can be made of the settings, and one for
//! each fault, that of Redis when both have one:
//!
//! | Fault | Redis | object store |
//! |---|---|---|
//! | nobody answers | 11 | 21 |
//! | no answer in time | 12 | 22 |
//! | the credentials or rights are refused | 13 | 23 |
//! | no writes are taken, or the bucket is missing | 14 | 24 |
//! | out of memory, or asked to slow down | 15 | 25 |
//! | another type of value, or other bytes than were written | 16 | 26 |
//! | a setting is wrong | 17 | 27 |
//! | the two sides disagree about TLS | 18 | – |
//! | anything else | 19 | 29 |

#![expect(clippy::print_stdout, reason = "a program talks on the terminal")]

#[expect(dead_code, reason = "this program draws no pictures")]
mod support;

use std::process::ExitCode;

use assembly::{CacheCheck, Settings, StoreCheck};
use cache::CacheErrorKind;
use clap::Parser;
use core_config::Environment;
use imagen4_domain::UserId;
use storage::StorageErrorKind;

use support::failure::Failure;
use support::report;

/// Tries out Redis and the object store that the settings name.
#[derive(Debug, Parser)]
struct Arguments {
    /// Whose list of newest generations to look at.
    #[arg(long, default_value = "me")]
    user: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    support::log_warnings();
    match run(&Arguments::parse()).await {
        Ok(code) => code,
        Err(failure) => failure.report(),
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let settings = Settings::from_source(&Environment)?;
    let user: UserId = arguments.user.parse()?;
    report::settings(&settings);
    let cache = settings.check_cache(&user).await?;
    match &cache {
        Some(check) => println!("{check}"),
        None => println!("Redis is not named; memory stands in"),
    }
    let store = settings.check_store().await?;
    match &store {
        Some(check) => println!("{check}"),
        None => println!(
            "no object store is named; {} stand in",
            settings.pictures_at()
        ),
    }
    println!("{}", about_fal(&settings));
    let of_cache = cache.as_ref().and_then(exit_code_of_cache);
    let code = of_cache.or_else(|| store.as_ref().and_then(exit_code_of_store));
    Ok(ExitCode::from(code.unwrap_or(0)))
}

fn about_fal(settings: &Settings) -> &'static str {
    if settings.has_fal_key() {
        "FAL's key has the form id:secret; nothing was sent, since only a paid job tells whether FAL takes it"
    } else {
        "FAL's key is not set; the simulator stands in"
    }
}

fn exit_code_of_cache(check: &CacheCheck) -> Option<u8> {
    Some(match check.fault()?.kind() {
        CacheErrorKind::Unavailable => 11,
        CacheErrorKind::TimedOut => 12,
        CacheErrorKind::Refused => 13,
        CacheErrorKind::ReadOnly => 14,
        CacheErrorKind::Full => 15,
        CacheErrorKind::Misused => 16,
        CacheErrorKind::Config => 17,
        CacheErrorKind::Tls => 18,
        _ => 19,
    })
}

fn exit_code_of_store(check: &StoreCheck) -> Option<u8> {
    Some(match check.fault()?.kind() {
        StorageErrorKind::Unavailable => 21,
        StorageErrorKind::TimedOut => 22,
        StorageErrorKind::Denied => 23,
        StorageErrorKind::BucketNotFound => 24,
        StorageErrorKind::Throttled => 25,
        StorageErrorKind::Corrupt => 26,
        StorageErrorKind::Config => 27,
        _ => 29,
    })
}
