//! The settings of a simulator that runs as a program of its own.

use std::fs;
use std::time::Duration;

use core_config::Reader;

use super::FalSimulatorBuilder;
use super::fault::{Rule, script_from_json};

/// The most runners.
const MOST_RUNNERS: usize = 1000;
/// The longest time of one step of a job.
const LONGEST: Duration = Duration::from_hours(24);

impl FalSimulatorBuilder {
    /// Reads `SIMULATOR_PORT`, `SIMULATOR_MEDIA_PORT`, `SIMULATOR_RUNNERS`, `SIMULATOR_QUEUE_TIME`,
    /// `SIMULATOR_RUN_TIME`, `SIMULATOR_WEBHOOK_PAUSE`, `SIMULATOR_RETIRED`, `SIMULATOR_SCRIPT`,
    /// `SIMULATOR_THUMBNAILS`, `SIMULATOR_VIRTUAL_TIME` and `SIMULATOR_ADMIN_SCOPE`.
    ///
    /// What is not set is as in [`FalSimulator::builder`](super::FalSimulator::builder), and what is wrong is noted
    /// in the reader. `docs/SIMULATOR.md` says what each means.
    pub fn read(reader: &mut Reader<'_>) -> Self {
        let usual = Self::new();
        let settings = usual.settings();
        let run_time = settings.run_time;
        let pause = settings.webhook_pause;
        let runners = settings.runners;
        let builder = usual
            .port(reader.parse_or("SIMULATOR_PORT", 0))
            .media_port(reader.parse_or("SIMULATOR_MEDIA_PORT", 0))
            .runners(reader.in_range("SIMULATOR_RUNNERS", runners, 1..=MOST_RUNNERS))
            .queue_time(time(reader, "SIMULATOR_QUEUE_TIME", Duration::ZERO))
            .run_time(time(reader, "SIMULATOR_RUN_TIME", run_time))
            .webhook_pause(time(reader, "SIMULATOR_WEBHOOK_PAUSE", pause))
            .retired(retired(reader))
            .script(script(reader));
        switched(builder, reader)
    }
}

fn switched(mut builder: FalSimulatorBuilder, reader: &mut Reader<'_>) -> FalSimulatorBuilder {
    if reader.flag("SIMULATOR_THUMBNAILS", false) {
        builder = builder.thumbnails();
    }
    if reader.flag("SIMULATOR_VIRTUAL_TIME", false) {
        builder = builder.virtual_time();
    }
    if !reader.flag("SIMULATOR_ADMIN_SCOPE", true) {
        builder = builder.without_admin_scope();
    }
    builder
}

fn time(reader: &mut Reader<'_>, name: &str, usual: Duration) -> Duration {
    reader.duration(name, usual, Duration::ZERO..=LONGEST)
}

fn retired(reader: &mut Reader<'_>) -> Vec<String> {
    let text = reader.text("SIMULATOR_RETIRED").unwrap_or_default();
    let names = text.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Reads the file that `SIMULATOR_SCRIPT` names.
fn script(reader: &mut Reader<'_>) -> Vec<Rule> {
    const NAME: &str = "SIMULATOR_SCRIPT";
    let Some(path) = reader.text(NAME) else {
        return Vec::new();
    };
    let text = fs::read_to_string(&path).map_err(|error| error.to_string());
    let rules = text.and_then(|text| script_from_json(&text).map_err(|error| error.to_string()));
    rules.unwrap_or_else(|what| {
        let hint = "name a file with a JSON array of rules; docs/SIMULATOR.md lists the faults";
        reader.problem(NAME, format!("{path:?}: {what}"), hint);
        Vec::new()
    })
}

#[cfg(test)]
mod tests {
    use core_config::MapSource;

    use super::*;

    fn read(source: &MapSource) -> (FalSimulatorBuilder, Vec<String>, String) {
        let mut reader = Reader::new(source);
        let builder = FalSimulatorBuilder::read(&mut reader);
        let names = reader.names_read().to_vec();
        let problems = reader.finish().err().map(|problems| problems.to_string());
        (builder, names, problems.unwrap_or_default())
    }

    #[test]
    fn the_documentation_names_every_setting_and_no_other() {
        let (_, mut names, _) = read(&MapSource::new());
        names.sort();
        let page = include_str!("../../../../docs/SIMULATOR.md");
        let mut documented: Vec<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `SIMULATOR_")?.split('`').next())
            .map(|name| format!("SIMULATOR_{name}"))
            .collect();
        documented.sort();
        assert_eq!(names, documented);
    }

    #[test]
    fn every_setting_is_read() {
        let source = MapSource::from([
            ("SIMULATOR_RUNNERS", "7"),
            ("SIMULATOR_RUN_TIME", "150ms"),
            ("SIMULATOR_RETIRED", "fal-ai/imagen4, fal-ai/nano-banana"),
            ("SIMULATOR_VIRTUAL_TIME", "on"),
            ("SIMULATOR_ADMIN_SCOPE", "off"),
        ]);
        let (builder, _, problems) = read(&source);
        assert_eq!(problems, "");
        let settings = builder.settings();
        assert_eq!(settings.runners, 7);
        assert_eq!(settings.run_time, Duration::from_millis(150));
        assert_eq!(settings.retired, ["fal-ai/imagen4", "fal-ai/nano-banana"]);
        assert!(settings.is_virtual && !settings.has_admin_key && !settings.draws_thumbnails);
    }

    #[test]
    fn what_is_wrong_is_told_all_at_once() {
        let source = MapSource::from([
            ("SIMULATOR_PORT", "http"),
            ("SIMULATOR_RUNNERS", "0"),
            ("SIMULATOR_SCRIPT", "/nowhere/script.json"),
        ]);
        let (_, _, problems) = read(&source);
        for name in ["SIMULATOR_PORT", "SIMULATOR_RUNNERS", "SIMULATOR_SCRIPT"] {
            assert!(problems.contains(name), "{problems}");
        }
    }
}
