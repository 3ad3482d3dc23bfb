//! The bot as an operator runs it: `cargo run -p telegram_bot`.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    telegram_bot::main().await
}
