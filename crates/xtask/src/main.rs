//! Chores of the workspace: `cargo xtask test` runs everything that CI runs.

mod checks;
mod command;
mod fuzz;
mod s3;
mod secrets;
mod servers;
mod tools;

use std::process::ExitCode;

use command::Outcome;

const USAGE: &str = "\
cargo xtask test           installs and starts what the tests need, then runs every check and test
cargo xtask test --quick   runs the tests alone, with the servers
cargo xtask test --s3      runs the rules of the store against the S3 server that MINIO_TEST_ENDPOINT names
                           (with MINIO_TEST_ACCESS_KEY, MINIO_TEST_SECRET_KEY and MINIO_TEST_REGION)
                           and shows what it cannot do; its buckets stay, so name a server for tests
cargo xtask secrets        looks through all commits for secrets, as the first of the checks does
cargo xtask fuzz [seconds] builds the fuzz targets and runs each for so many seconds, 60 unless said; it fails
                           when an input breaks one
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["test"] => test(true),
        ["test", "--quick"] => test(false),
        ["test", "--s3"] => s3::test(),
        ["secrets"] => secrets::scan(),
        ["fuzz"] => fuzz::fuzz(None),
        ["fuzz", seconds] => fuzz::fuzz(Some(*seconds)),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            command::say(&reason);
            ExitCode::FAILURE
        }
    }
}

fn test(whole_list: bool) -> Outcome {
    let tools = tools::install(whole_list)?;
    if whole_list {
        checks::before_the_tests()?;
    }
    let ministack = servers::Ministack::start(&tools)?;
    checks::tests(&ministack.variables(&tools))?;
    if whole_list {
        checks::after_the_tests()?;
    }
    ministack.stop()
}
