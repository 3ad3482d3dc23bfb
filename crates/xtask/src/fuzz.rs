//! Running the fuzz targets, one after the other, with a table at the end.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::command::{Outcome, run, say};
use crate::tools::{self, workspace};

/// How long each target runs unless said otherwise, in seconds.
const SECONDS: u32 = 60;

/// What a run of one target gave.
struct Run {
    target: String,
    executions: u64,
    /// Places of the code that inputs reach: at the start of the run and at its end.
    coverage: (u64, u64),
    /// The output when something was found, or when the target did not run at all.
    finding: Option<String>,
}

/// Builds every target and runs each for so many seconds; an input that breaks one fails the chore.
pub(crate) fn fuzz(seconds: Option<&str>) -> Outcome {
    let seconds = match seconds.map(str::parse) {
        None => SECONDS,
        Some(Ok(seconds @ 1..)) => seconds,
        Some(_) => return Err("write a number of seconds from 1 on".to_owned()),
    };
    tools::install_fuzz()?;
    run("cargo", &["fuzz", "build", "--sanitizer", "none"])?;
    let mut runs = Vec::new();
    for target in targets()? {
        say(&format!("\n==> {target} for {seconds} s"));
        runs.push(run_target(target, seconds)?);
    }
    say(&table(&runs));
    let found: Vec<_> = runs
        .iter()
        .filter_map(|run| run.finding.as_deref())
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}\nthe inputs lie below fuzz/artifacts",
        found.join("\n")
    ))
}

/// Returns the names of the targets, as the manifest of the package lists them.
fn targets() -> Outcome<Vec<String>> {
    let manifest = fs::read_to_string(workspace().join("fuzz/Cargo.toml"));
    let manifest = manifest.map_err(|error| format!("cannot read fuzz/Cargo.toml: {error}"))?;
    Ok(names_of_bins(&manifest))
}

fn names_of_bins(manifest: &str) -> Vec<String> {
    let bins = manifest.split("[[bin]]").skip(1);
    let name = |bin: &str| {
        let line = bin.lines().find_map(|line| line.strip_prefix("name = "))?;
        Some(line.trim_matches('"').to_owned())
    };
    bins.filter_map(name).collect()
}

fn run_target(target: String, seconds: u32) -> Outcome<Run> {
    let corpus = folder("corpus", &target)?;
    let seeds = folder("seeds", &target)?;
    let output = Command::new("cargo")
        .current_dir(workspace())
        .args(["fuzz", "run", "--sanitizer", "none", &target])
        .args([corpus, seeds])
        .arg("--")
        .args(["-print_final_stats=1", "-timeout=10", "-rss_limit_mb=1024"])
        .arg(format!("-max_total_time={seconds}"))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("cannot run cargo fuzz: {error}"))?;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    Ok(Run {
        target,
        executions: number_after(&told, "stat::number_of_executed_units:").unwrap_or(0),
        coverage: coverage(&told),
        finding: (!output.status.success()).then(|| last_lines(&told)),
    })
}

/// Returns a folder of the target's below `fuzz`, which is made when it is missing.
fn folder(kind: &str, target: &str) -> Outcome<PathBuf> {
    let folder = workspace().join("fuzz").join(kind).join(target);
    let made = fs::create_dir_all(&folder);
    made.map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
    Ok(folder)
}

/// Reads the places that are reached off the first and the last line that tell them.
fn coverage(told: &str) -> (u64, u64) {
    let mut all = told.lines().filter_map(|line| number_after(line, " cov: "));
    let first = all.next().unwrap_or(0);
    (first, all.next_back().unwrap_or(first))
}

fn number_after(text: &str, mark: &str) -> Option<u64> {
    let (_, rest) = text.split_once(mark)?;
    rest.split_whitespace().next()?.parse().ok()
}

fn last_lines(told: &str) -> String {
    let lines: Vec<_> = told.lines().collect();
    lines[lines.len().saturating_sub(40)..].join("\n")
}

fn table(runs: &[Run]) -> String {
    let head = format!(
        "\n{:<24}{:>14}{:>10}{:>8}  findings",
        "target", "executions", "places", "new"
    );
    let line = |run: &Run| {
        let (before, after) = run.coverage;
        let findings = u8::from(run.finding.is_some());
        let new = after.saturating_sub(before);
        format!(
            "{:<24}{:>14}{after:>10}{new:>8}  {findings}",
            run.target, run.executions
        )
    };
    let lines = std::iter::once(head).chain(runs.iter().map(line));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_of_the_package_is_run() {
        let found = targets().unwrap();
        let folder = fs::read_dir(workspace().join("fuzz/fuzz_targets")).unwrap();
        let mut files: Vec<_> = folder
            .filter_map(|file| Some(file.ok()?.path().file_stem()?.to_str()?.to_owned()))
            .collect();
        files.sort();
        let mut sorted = found.clone();
        sorted.sort();
        assert_eq!(sorted, files);
        for target in [
            "storage_link",
            "storage_key",
            "storage_image_header",
            "storage_endpoint",
            "domain_callback",
            "fal_answers",
            "fal_script",
            "fal_simulator",
            "fal_webhook",
        ] {
            assert!(found.contains(&target.to_owned()), "{target}");
        }
    }

    #[test]
    fn figures_are_read_off_what_libfuzzer_prints() {
        let told = "#2\tINITED cov: 57 ft: 58 corp: 1/1b exec/s: 0 rss: 27Mb\n\
            #4\tNEW    cov: 60 ft: 61 corp: 2/3b\n#9\tDONE   cov: 71 ft: 80\n\
            stat::number_of_executed_units: 1234\nstat::average_exec_per_sec: 9\n";
        assert_eq!(coverage(told), (57, 71));
        let executions = number_after(told, "stat::number_of_executed_units:");
        assert_eq!(executions, Some(1234));
        assert_eq!(coverage(""), (0, 0));
        let run = Run {
            target: "storage_key".to_owned(),
            executions: 1234,
            coverage: (57, 71),
            finding: None,
        };
        let table = table(&[run]);
        let line = table
            .lines()
            .find(|line| line.starts_with("storage_key"))
            .unwrap();
        let cells: Vec<_> = line.split_whitespace().collect();
        assert_eq!(cells, ["storage_key", "1234", "71", "14", "0"]);
    }
}
