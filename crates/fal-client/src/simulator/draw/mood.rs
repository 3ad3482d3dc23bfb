//! Palettes, and the words of a prompt that call for them.

use super::colour::{Rgb, mix, rgb};
use super::dice::Dice;

/// The colours of one hour and weather.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mood {
    /// The sky from its top to the horizon.
    pub(super) sky: [Rgb; 3],
    /// Sun or moon, and the glow around it.
    pub(super) light: Rgb,
    /// The sunny and the shady side of clouds.
    pub(super) cloud: [Rgb; 2],
    /// The farthest and the nearest land.
    pub(super) land: [Rgb; 2],
    /// How much of the sky is clouded, from 0 to 1.
    pub(super) cover: f32,
    /// Whether stars and a moon are out.
    pub(super) night: bool,
    /// Whether snow lies.
    pub(super) snow: bool,
}

const fn mood(sky: [u32; 3], light: u32, cloud: [u32; 2], land: [u32; 2], cover: f32) -> Mood {
    Mood {
        sky: [rgb(sky[0]), rgb(sky[1]), rgb(sky[2])],
        light: rgb(light),
        cloud: [rgb(cloud[0]), rgb(cloud[1])],
        land: [rgb(land[0]), rgb(land[1])],
        cover,
        night: false,
        snow: false,
    }
}

const DAWN: Mood = mood(
    [0x4a_6a9c, 0xe8_a6a1, 0xff_dcae],
    0xff_f1cf,
    [0xff_d9c4, 0xb0_88a6],
    [0xb4_93a8, 0x2c_2a43],
    0.45,
);
const DAY: Mood = mood(
    [0x2f_78c4, 0x7f_b9e6, 0xdc_eef5],
    0xff_fbe8,
    [0xff_ffff, 0xb9_cadb],
    [0x9d_bfd6, 0x24_4a3b],
    0.5,
);
const DUSK: Mood = mood(
    [0x2b_2a5e, 0xc4_5a6b, 0xff_b35c],
    0xff_e2a0,
    [0xff_a877, 0x6a_4169],
    [0xa5_5a6b, 0x1a_1530],
    0.5,
);
const STORM: Mood = mood(
    [0x33_404c, 0x66_7683, 0xb5_c0c0],
    0xe6_ecdf,
    [0xa7_b2b8, 0x3a_4752],
    [0x7c_8b94, 0x1b_262b],
    0.85,
);
const DESERT: Mood = mood(
    [0x3f_86b5, 0xb4_cfcb, 0xfb_e3b3],
    0xff_f3d0,
    [0xff_f0da, 0xd0_b79b],
    [0xd9_ad85, 0x7d_3f24],
    0.25,
);
const TROPICS: Mood = mood(
    [0x12_7fb8, 0x55_c4d6, 0xd8_f5e3],
    0xff_fbdd,
    [0xff_ffff, 0xae_d3dc],
    [0x7f_b9bd, 0x0c_4a44],
    0.4,
);
const AUTUMN: Mood = mood(
    [0x6b_8fa8, 0xc9_c4ab, 0xf8_deab],
    0xff_eec0,
    [0xff_f0d8, 0xb3_a594],
    [0xc9_9f6e, 0x5a_2413],
    0.45,
);
const VIOLET: Mood = mood(
    [0x2a_1a5e, 0x8b_4fae, 0xff_9fc4],
    0xff_e6f4,
    [0xf7_b5dc, 0x65_3f94],
    [0x8f_64b0, 0x1c_1040],
    0.45,
);
const NIGHT: Mood = Mood {
    night: true,
    ..mood(
        [0x06_0b22, 0x13_2249, 0x3a_5580],
        0xf4_f1dc,
        [0x5a_6f96, 0x16_2242],
        [0x2f_4670, 0x04_0816],
        0.35,
    )
};
const AURORA: Mood = Mood {
    night: true,
    snow: true,
    ..mood(
        [0x05_1226, 0x0f_4a55, 0x4f_b08f],
        0xe6_fff0,
        [0x58_d6a2, 0x10_3c4c],
        [0x2b_6470, 0x04_0e18],
        0.6,
    )
};
const WINTER: Mood = Mood {
    snow: true,
    ..mood(
        [0x5b_8fc0, 0xa9_cae2, 0xf3_ece4],
        0xff_f8ea,
        [0xff_ffff, 0xb4_c3d6],
        [0xb3_c8dd, 0x2a_415c],
        0.5,
    )
};

/// Words and the mood they call for; the first hit decides.
const WORDS: [(&[&str], Mood); 11] = [
    (&["aurora", "northern light", "polar"], AURORA),
    (
        &["night", "moon", "star", "midnight", "galaxy", "space"],
        NIGHT,
    ),
    (&["dawn", "sunrise", "morning"], DAWN),
    (&["dusk", "sunset", "evening", "golden hour", "fire"], DUSK),
    (
        &["storm", "rain", "thunder", "fog", "mist", "grey", "gray"],
        STORM,
    ),
    (&["winter", "snow", "ice", "frost", "arctic"], WINTER),
    (&["autumn", "fall ", "october", "orange", "maple"], AUTUMN),
    (&["desert", "dune", "sand", "canyon"], DESERT),
    (&["tropic", "beach", "palm", "lagoon", "island"], TROPICS),
    (
        &[
            "dream", "magic", "fantasy", "purple", "violet", "pink", "neon", "cyber",
        ],
        VIOLET,
    ),
    (
        &["day", "noon", "summer", "spring", "sunny", "blue sky"],
        DAY,
    ),
];

/// The moods a prompt without such a word is given by chance.
const ANY: [Mood; 7] = [DAWN, DAY, DUSK, TROPICS, AUTUMN, VIOLET, NIGHT];

/// Returns the mood that the lower-case prompt calls for, with a touch of its own.
pub(super) fn choose(prompt: &str, dice: &mut Dice) -> Mood {
    let any = ANY[dice.below(ANY.len())];
    let mut mood = WORDS
        .iter()
        .find(|(words, _)| words.iter().any(|word| prompt.contains(word)))
        .map_or(any, |(_, mood)| *mood);
    let warmth = dice.between(0.0, 0.16);
    mood.sky[1] = mix(mood.sky[1], mood.light, warmth);
    mood.cover = (mood.cover + dice.between(-0.15, 0.15)).clamp(0.1, 0.9);
    mood
}
