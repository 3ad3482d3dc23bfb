//! The bot beside the other examples: `cargo run --example telegram_bot`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    telegram_bot::main().await
}
