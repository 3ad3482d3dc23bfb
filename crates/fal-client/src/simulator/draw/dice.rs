//! A small generator of numbers that stays the same on every machine and in every version.

use sha2::{Digest, Sha256};

/// A `SplitMix64` generator.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// Returns the generator of one picture: every part of the request has its say.
    pub(super) fn of(prompt: &str, seed: u64, index: u32) -> Self {
        let mut hash = Sha256::new();
        hash.update(prompt.as_bytes());
        hash.update([0]);
        hash.update(seed.to_le_bytes());
        hash.update(index.to_le_bytes());
        let digest = hash.finalize();
        let start = digest
            .iter()
            .take(8)
            .fold(0, |value, byte| (value << 8) | u64::from(*byte));
        Self(start)
    }

    /// Returns the next whole number.
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        value ^ (value >> 31)
    }

    /// Returns a number from 0 up to, but without, 1.
    pub(super) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / 16_777_216.0
    }

    /// Returns a number between the two.
    pub(super) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Returns a whole number below the count; the count is never zero here.
    pub(super) fn below(&mut self, count: usize) -> usize {
        (self.next() % count.max(1) as u64) as usize
    }

    /// Says yes with the given probability.
    pub(super) fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// Returns a seed for a field of noise.
    pub(super) fn noise_seed(&mut self) -> u32 {
        (self.next() >> 32) as u32
    }
}
