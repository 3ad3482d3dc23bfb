//! Row P9: the CPU of submitting a job, polling it and fetching what it gave.

use std::sync::Mutex;

use super::caller::Caller;
use super::process::Process;
use super::simulator::Simulator;
use crate::shared::{Contestant, Figures, Outcome, Report, interleaved, print_table};

/// Many rounds of few jobs: where its memory and its threads happen to lie moves the figure of a whole process.
const ROUNDS: usize = 61;

/// The aims of the row: at most so much of the CPU of bare calls, and so many times less than FAL's own clients.
const AT_MOST_OF_BARE: f64 = 1.1;
const AT_LEAST_LESS: f64 = 5.0;

/// What is shown beside the CPU of a job, of the last round.
#[derive(Debug, Default, Clone, Copy)]
struct Beside {
    start_up_seconds: f64,
    calls_of_a_job: f64,
}

/// Measures everybody and notes how ours compares.
pub(crate) async fn run(report: &mut Report) -> Outcome {
    let beside = Mutex::new([Beside::default(); Caller::ALL.len()]);
    let contestants = Caller::ALL.into_iter().enumerate().map(|(index, caller)| {
        let beside = &beside;
        Contestant::new(caller.name(), move || {
            Box::pin(async move {
                let (milliseconds, noted) = trial(caller).await?;
                beside.lock().map_err(|_| "a trial panicked")?[index] = noted;
                Ok(milliseconds)
            })
        })
    });
    let contestants: Vec<_> = contestants.collect();
    let figures = interleaved(ROUNDS, &contestants).await?;
    drop(contestants);
    let beside = beside.into_inner().map_err(|_| "a trial panicked")?;
    conclude(report, &figures, &beside);
    Ok(())
}

fn conclude(report: &mut Report, figures: &Figures, beside: &[Beside]) {
    let head = [
        "",
        "CPU of a job, ms",
        "±",
        "this / ours",
        "calls of a job",
        "CPU of the start, ms",
    ];
    let ours = Caller::Ours.name();
    let row = |(name, beside): (&str, &Beside)| {
        vec![
            name.to_owned(),
            format!("{:.3}", figures.median(name)),
            format!("{:.0} %", figures.spread(name) * 50.0),
            format!("{:.2}", figures.ratio(name, ours)),
            format!("{:.2}", beside.calls_of_a_job),
            format!("{:.0}", beside.start_up_seconds * 1e3),
        ]
    };
    let rows = figures.names().zip(beside).map(row);
    print_table(
        "P9: submit, poll, fetch, one job after the other",
        std::iter::once(head.map(str::to_owned).to_vec()).chain(rows),
    );
    let of_bare = figures.ratio(ours, Caller::Bare.name());
    report.at_most("P9 ours / bare reqwest", of_bare, AT_MOST_OF_BARE);
    for official in [Caller::Python, Caller::JavaScript] {
        let less = figures.ratio(official.name(), ours);
        let what = format!("P9 {} / ours", official.name());
        report.at_least(what, less, AT_LEAST_LESS);
    }
}

/// Returns the CPU of a job in milliseconds, without the start of the process and the first jobs.
async fn trial(caller: Caller) -> Outcome<(f64, Beside)> {
    let mut simulator = Simulator::start().await?;
    let mut process = Process::start(&mut caller.command(&simulator)?)?;
    expect(&process.line().await?, "started")?;
    let start_up_seconds = process.used()?.seconds();
    expect(&process.go_on().await?, "warm")?;
    let (before, calls_before) = (process.used()?, simulator.requests().await?);
    expect(&process.go_on().await?, "done")?;
    let (after, calls_after) = (process.used()?, simulator.requests().await?);
    let jobs = f64::from(caller.jobs());
    let beside = Beside {
        start_up_seconds,
        calls_of_a_job: f64::from(calls_after - calls_before) / jobs,
    };
    let milliseconds = after.seconds_since(&before)? * 1e3 / jobs;
    Ok((milliseconds, beside))
}

fn expect(said: &str, word: &str) -> Outcome {
    if said == word {
        Ok(())
    } else {
        Err(format!("the caller says {said:?} and not {word:?}").into())
    }
}
