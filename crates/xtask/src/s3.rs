//! The rules of the store against an S3 server that the caller names.

use crate::command::{Outcome, run};
use crate::tools;

/// The test that asks the server what it can and prints a table of that.
const TABLE: &str = "test(=what_the_server_cannot_do_is_told)";

/// The rules themselves.
const RULES: &str = "not test(=what_the_server_cannot_do_is_told)";

/// Runs every rule and ends with the table, also when rules are broken.
///
/// The table comes first too: a server that is missing or refuses the keys is then told once, and not by
/// every rule.
pub(crate) fn test() -> Outcome {
    tools::install_nextest()?;
    tests(TABLE, "--no-capture")?;
    let rules = tests(RULES, "--no-fail-fast");
    tests(TABLE, "--no-capture")?;
    rules
}

fn tests(filter: &str, how: &str) -> Outcome {
    run(
        "cargo",
        &[
            "nextest",
            "run",
            "--locked",
            "--package",
            "storage",
            "--features",
            "minio",
            "--test",
            "conformance_minio_any",
            "--run-ignored",
            "all",
            "--filterset",
            filter,
            how,
        ],
    )
}
