//! A million inputs to the decoder.

use serde::{Deserialize, Serialize};

use super::{decode, encode};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Record {
    number: u32,
    prompt: String,
    parent: Option<Box<Record>>,
}

fn record(number: u32) -> Record {
    let parent = Record {
        number,
        prompt: "\"é\n".to_owned(),
        parent: None,
    };
    Record {
        prompt: String::new(),
        parent: Some(Box::new(parent.clone())),
        ..parent
    }
}

/// Words that JSON is made of, and some that it is not.
const WORDS: [&str; 16] = [
    "{",
    "}",
    "[",
    "]",
    "\"v\"",
    ":",
    ",",
    "1",
    "-1",
    "1e999",
    "null",
    "\"\\ud800\"",
    "NaN",
    "\u{0}",
    "\"number\"",
    "18446744073709551616",
];

/// Draws an input: noise, JSON-like noise, or a good value with a few bytes changed, cut out or doubled.
fn draw(chance: &mut fastrand::Rng, good: &[Vec<u8>]) -> Vec<u8> {
    let place = |chance: &mut fastrand::Rng, text: &[u8]| chance.usize(..text.len());
    let mut text = good[chance.usize(..good.len())].clone();
    let (from, to) = (place(chance, &text), place(chance, &text));
    match chance.u8(..8) {
        0 => return (0..chance.usize(..64)).map(|_| chance.u8(..)).collect(),
        1 => {
            let words = (0..chance.usize(..24)).map(|_| WORDS[chance.usize(..WORDS.len())]);
            return words.collect::<String>().into_bytes();
        }
        2 => text.truncate(from),
        3 => drop(text.drain(from.min(to)..from.max(to))),
        4 => text.extend_from_within(from..),
        5 => {
            let word = WORDS[chance.usize(..WORDS.len())];
            text.splice(from..from, word.bytes());
        }
        _ => {
            for place in [from, to] {
                text[place] ^= 1 << chance.u8(..8);
            }
        }
    }
    text
}

/// Decodes so many inputs and returns how many were values.
fn values_among(inputs: u32, seed: u64) -> u32 {
    let good: Vec<_> = (0..8)
        .map(|number| encode(&record(number), 1).unwrap().to_vec())
        .collect();
    let mut chance = fastrand::Rng::with_seed(seed);
    let values = (0..inputs).filter(|_| decode::<Record>(&draw(&mut chance, &good), 1).is_some());
    u32::try_from(values.count()).unwrap()
}

#[test]
fn a_million_inputs_are_a_value_or_a_miss_and_never_a_panic() {
    let threads: Vec<_> = (0..4)
        .map(|seed| std::thread::spawn(move || values_among(250_000, seed)))
        .collect();
    let values: u32 = threads
        .into_iter()
        .map(|thread| thread.join().unwrap())
        .sum();
    // A flipped bit in a text leaves a value; most other changes do not.
    assert!((10_000..500_000).contains(&values), "{values} of a million");
}
