//! The bot as its users meet it: the program itself, a double of the Bot API over HTTP, and the simulator of FAL.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod crowd;
mod double;
mod gallery;
mod making;
mod manners;
mod outages;
#[path = "../../../tests/programs/support/private_s3.rs"]
mod private_s3;
mod program;
mod rules;
mod world;
