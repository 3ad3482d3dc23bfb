//! Rounds in which every contestant takes its turn.

use futures_util::future::BoxFuture;

use super::{Figures, Outcome};

/// Somebody to be measured: a name, and what gives one figure.
pub(crate) struct Contestant<'a> {
    name: String,
    trial: Box<dyn Fn() -> BoxFuture<'a, Outcome<f64>> + Send + Sync + 'a>,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(
        name: impl Into<String>,
        trial: impl Fn() -> BoxFuture<'a, Outcome<f64>> + Send + Sync + 'a,
    ) -> Self {
        Self {
            name: name.into(),
            trial: Box::new(trial),
        }
    }
}

/// Measures each contestant once a round, after one round that only warms up.
///
/// Each round begins with another contestant, so that no place in the order is anybody's for good.
///
/// # Errors
///
/// The first error of a trial.
pub(crate) async fn interleaved(rounds: usize, contestants: &[Contestant<'_>]) -> Outcome<Figures> {
    let mut figures = Figures::new(contestants.iter().map(|one| one.name.clone()));
    for round in 0..=rounds {
        for turn in 0..contestants.len() {
            let index = (round + turn) % contestants.len();
            let one = &contestants[index];
            let figure = (one.trial)().await;
            let figure = figure.map_err(|error| format!("{}: {error}", one.name))?;
            if round > 0 {
                figures.add(index, figure);
            }
        }
    }
    Ok(figures)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn everybody_has_a_turn_in_every_round_and_the_first_round_does_not_count() {
        let order = Mutex::new(String::new());
        let contestant = |name: &'static str, figure: f64| {
            let order = &order;
            Contestant::new(name, move || {
                order.lock().unwrap().push_str(name);
                Box::pin(async move { Ok(figure) })
            })
        };
        let contestants = [contestant("a", 1.0), contestant("b", 2.0)];
        let figures = interleaved(2, &contestants).await.unwrap();
        assert_eq!(*order.lock().unwrap(), "abbaab");
        assert!((figures.ratio("b", "a") - 2.0).abs() < f64::EPSILON);
    }
}
