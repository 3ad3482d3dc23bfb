//! Rounds in which every contestant takes its turn.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

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
/// The order is another one in each round, so that neither a place in it nor whoever comes before is anybody's for
/// good, and the same orders come again in every run.
///
/// # Errors
///
/// The first error of a trial.
pub(crate) async fn interleaved(rounds: usize, contestants: &[Contestant<'_>]) -> Outcome<Figures> {
    let mut figures = Figures::new(contestants.iter().map(|one| one.name.clone()));
    for round in 0..=rounds {
        for index in order(round, contestants.len()) {
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

/// Returns the places of so many contestants, mixed as the number of the round has it.
fn order(round: usize, count: usize) -> Vec<usize> {
    let mixed = |index: &usize| {
        let mut hasher = DefaultHasher::new();
        (round, index).hash(&mut hasher);
        hasher.finish()
    };
    let mut order: Vec<_> = (0..count).collect();
    order.sort_by_key(mixed);
    order
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
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
        let order = order.lock().unwrap();
        assert_eq!(
            (order.matches('a').count(), order.matches('b').count()),
            (3, 3)
        );
        assert!((figures.ratio("b", "a") - 2.0).abs() < f64::EPSILON);
    }

    #[test]
    fn everybody_follows_everybody_else_about_as_often() {
        let orders: Vec<_> = (0..60).map(|round| order(round, 6)).collect();
        let followed: Vec<_> = orders
            .iter()
            .filter_map(|order| {
                let place = order.iter().position(|index| *index == 0)?;
                Some(*order.get(place.checked_sub(1)?)?)
            })
            .collect();
        let most = (1..6).map(|one| followed.iter().filter(|index| **index == one).count());
        assert!(most.max().unwrap() < 20, "{followed:?}");
        assert_eq!(followed.iter().collect::<HashSet<_>>().len(), 5);
    }
}
