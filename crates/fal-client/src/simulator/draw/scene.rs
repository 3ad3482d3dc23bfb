//! What stands in a picture and where, decided before anything is drawn.

use super::dice::Dice;
use super::mood::{self, Mood};

/// What lies before the mountains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ground {
    /// Open water with a reflection.
    Water,
    /// Rolling hills down to the lower edge.
    Hills,
}

/// What the eye comes to rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Lighthouse,
    Forest,
    City,
    Boat,
    Cabin,
    Balloons,
    Cat,
    Birds,
}

/// Words and the subject they call for; the first hit decides.
const WORDS: [(&[&str], Subject); 8] = [
    (&["lighthouse", "beacon"], Subject::Lighthouse),
    (
        &[
            "city", "skyline", "town", "street", "tokyo", "york", "paris", "cyber",
        ],
        Subject::City,
    ),
    (&["cat", "kitten", "animal", "pet"], Subject::Cat),
    (&["boat", "ship", "sail", "yacht", "fisher"], Subject::Boat),
    (&["balloon"], Subject::Balloons),
    (
        &["cabin", "house", "cottage", "home", "hut", "castle"],
        Subject::Cabin,
    ),
    (
        &["forest", "tree", "wood", "pine", "jungle", "fox", "deer"],
        Subject::Forest,
    ),
    (&["bird", "gull", "crane", "eagle"], Subject::Birds),
];

/// Words that ask for water.
const WATER_WORDS: [&str; 13] = [
    "sea", "ocean", "lake", "water", "river", "beach", "lagoon", "bay", "harbour", "harbor",
    "coast", "island", "fjord",
];

/// Words that ask for dry land, unless a word for water stands beside them.
const DRY_WORDS: [&str; 6] = ["desert", "dune", "sahara", "canyon", "savanna", "prairie"];

/// The subjects a prompt without such a word is given by chance.
const ANY: [Subject; 6] = [
    Subject::Forest,
    Subject::Birds,
    Subject::Boat,
    Subject::Cabin,
    Subject::Balloons,
    Subject::Birds,
];

/// The plan of one picture; lengths are shares of its width or height.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub(super) mood: Mood,
    pub(super) ground: Ground,
    pub(super) subject: Subject,
    /// Height of the horizon, counted from the top.
    pub(super) horizon: f32,
    /// Where sun or moon stands, and its radius as a share of the shorter side.
    pub(super) light: (f32, f32, f32),
    /// Where the subject stands, from the left.
    pub(super) spot: f32,
    /// How rough the mountains are, from 0 to 1.
    pub(super) ruggedness: f32,
}

impl Scene {
    /// Plans the picture: hour and subject follow the words, the composition follows the dice.
    pub(super) fn imagine(prompt: &str, seed: u64, index: u32, dice: &mut Dice) -> Self {
        let prompt = prompt.to_lowercase();
        // All pictures of one request share hour and subject, as a model's answers do.
        let mut shared = Dice::of(&prompt, seed, u32::MAX);
        let mood = mood::choose(&prompt, &mut shared);
        let subject = choose_subject(&prompt, &mut shared);
        let ground = choose_ground(&prompt, subject, &mut shared);
        let left = (index + u32::from(shared.chance(0.5))).is_multiple_of(2);
        let (near, far) = (dice.between(0.16, 0.36), dice.between(0.62, 0.84));
        let horizon = match ground {
            Ground::Water => dice.between(0.54, 0.66),
            Ground::Hills => dice.between(0.50, 0.62),
        };
        let low = if mood.night { 0.30 } else { 0.78 };
        Self {
            mood,
            ground,
            subject,
            horizon,
            light: (
                if left { far } else { near },
                horizon * dice.between(low - 0.12, low + 0.04),
                dice.between(0.035, 0.06),
            ),
            spot: if left { near } else { far },
            ruggedness: dice.between(0.35, 0.9),
        }
    }
}

fn choose_subject(prompt: &str, dice: &mut Dice) -> Subject {
    let any = ANY[dice.below(ANY.len())];
    WORDS
        .iter()
        .find(|(words, _)| words.iter().any(|word| prompt.contains(word)))
        .map_or(any, |(_, subject)| *subject)
}

fn choose_ground(prompt: &str, subject: Subject, dice: &mut Dice) -> Ground {
    let asked = WATER_WORDS.iter().any(|word| prompt.contains(word));
    let dry = DRY_WORDS.iter().any(|word| prompt.contains(word));
    let fits = match subject {
        Subject::Lighthouse | Subject::Boat => true,
        Subject::Forest | Subject::Cat | Subject::Cabin => false,
        _ if dry => false,
        Subject::City => dice.chance(0.8),
        Subject::Balloons | Subject::Birds => dice.chance(0.5),
    };
    if asked || fits {
        Ground::Water
    } else {
        Ground::Hills
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground(prompt: &str, seed: u64) -> Ground {
        Scene::imagine(prompt, seed, 0, &mut Dice::of(prompt, seed, 0)).ground
    }

    #[test]
    fn no_water_lies_in_a_desert_that_asks_for_none() {
        for seed in 0..20 {
            assert_eq!(ground("a balloon over the desert", seed), Ground::Hills);
            assert_eq!(ground("a lake in the desert", seed), Ground::Water);
        }
        assert!((0..20).any(|seed| ground("a balloon", seed) == Ground::Water));
    }
}
