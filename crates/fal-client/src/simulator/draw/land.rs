//! Ridges of mountains and hills, paler with distance, lit from the side of the sun.

use super::canvas::Canvas;
use super::colour::{Rgb, bytes, mix, scale, smooth_step};
use super::dice::Dice;
use super::mood::Mood;
use super::noise;
use super::scene::{Ground, Scene};

/// Steps between the shady and the sunny side of a slope.
const TONES: usize = 8;

/// One ridge: its crest in pixels for each column, and where its land ends.
struct Ridge {
    crest: Vec<f32>,
    foot: usize,
    /// 0 for the farthest ridge, 1 for the nearest.
    nearness: f32,
    rocky: bool,
}

/// Draws all ridges, the farthest first.
pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, dice: &mut Dice) {
    let ridges = match scene.ground {
        Ground::Water => 3 + dice.below(2),
        Ground::Hills => 5 + dice.below(2),
    };
    for number in 0..ridges {
        let nearness = number as f32 / (ridges - 1) as f32;
        let ridge = raise(canvas, scene, nearness, dice);
        lay(canvas, scene, &ridge);
    }
}

/// Works out the crest of one ridge.
fn raise(canvas: &Canvas, scene: &Scene, nearness: f32, dice: &mut Dice) -> Ridge {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let seed = dice.noise_seed();
    let rocky = nearness < 0.45 && scene.ruggedness > 0.45;
    let horizon = scene.horizon * height;
    let (base, rise, foot) = match scene.ground {
        Ground::Water => (horizon, 0.30 - 0.24 * nearness, horizon),
        Ground::Hills => (
            horizon + (height * 0.97 - horizon) * nearness * nearness.sqrt(),
            0.26 - 0.14 * nearness,
            height,
        ),
    };
    let rise = rise * (0.55 + 0.6 * scene.ruggedness) * height;
    let waves = (1.6 + 1.4 * dice.unit()) * (width / height).max(0.6);
    let roughness = if rocky { 0.5 } else { 0.36 };
    let crest = (0..canvas.width)
        .map(|column| {
            let along = column as f32 / width * waves + nearness * 17.0;
            let shape = if rocky {
                noise::ridged_line(along, 6, roughness, seed)
            } else {
                noise::fractal_line(along, 5, roughness, seed)
            };
            base - rise * (shape * 1.3 - 0.25)
        })
        .collect();
    Ridge {
        crest,
        foot: (foot as usize).min(canvas.height),
        nearness,
        rocky,
    }
}

/// Fills the land under a crest, column by column in tones worked out beforehand.
fn lay(canvas: &mut Canvas, scene: &Scene, ridge: &Ridge) {
    let highest = ridge
        .crest
        .iter()
        .fold(f32::MAX, |low, y| low.min(*y))
        .max(0.0);
    let depth = canvas.height - (highest as usize).min(canvas.height) + 1;
    let tones = Tones::new(scene, ridge, depth, canvas.height);
    let slopes = slopes(scene, &ridge.crest);
    for x in 0..canvas.width {
        let crest = ridge.crest[x].max(0.0);
        let first = crest as usize;
        if first >= ridge.foot {
            continue;
        }
        let cover = 1.0 - (crest - first as f32);
        let snow = if tones.snow_depth(first) > 0 { 255 } else { 0 };
        let edge = tones.at(slopes[x], first - highest as usize, snow);
        canvas.blend(x as i32, first as i32, edge.map(f32::from), cover);
        fill_column(canvas, ridge, &tones, &slopes, x);
    }
}

/// Fills one column from the pixel below the crest to the foot.
fn fill_column(canvas: &mut Canvas, ridge: &Ridge, tones: &Tones, slopes: &[u8], x: usize) {
    let first = ridge.crest[x].max(0.0) as usize;
    let deep = tones.snow_depth(first);
    let stride = canvas.width * 3;
    let last = slopes.len() - 1;
    let mut at = (first + 1) * stride + x * 3;
    let mut y = first + 1;
    while y < ridge.foot {
        // Facets run down from the crest at a slant, as they do on rock.
        let facet = slopes[(x + (y - first) / 2).min(last)];
        let colour = tones.at(facet, y - tones.highest, thickness(y - first, deep));
        canvas.pixels[at] = colour[0];
        canvas.pixels[at + 1] = colour[1];
        canvas.pixels[at + 2] = colour[2];
        at += stride;
        y += 1;
    }
}

/// Returns how thick snow lies, from 0 to 255: it thins out in the lower half of its reach.
fn thickness(below: usize, deep: usize) -> u16 {
    if below >= deep {
        return 0;
    }
    (510 * (deep - below) / deep).min(255) as u16
}

/// Returns how much of the light each column catches, as a tone from 0 to 7.
fn slopes(scene: &Scene, crest: &[f32]) -> Vec<u8> {
    let width = crest.len();
    let reach = (width / 128).max(2);
    (0..width)
        .map(|x| {
            let left = crest[x.saturating_sub(reach)];
            let right = crest[(x + reach).min(width - 1)];
            let fall = (right - left) / (2 * reach) as f32;
            let from_right = scene.light.0 * width as f32 > x as f32;
            let lit = if from_right { fall } else { -fall };
            ((lit * 0.9 + 0.5).clamp(0.0, 1.0) * (TONES - 1) as f32 + 0.5) as u8
        })
        .collect()
}

/// The colours of one ridge by tone and by depth below its highest point.
struct Tones {
    land: Vec<[u8; 3]>,
    snow: [[u8; 3]; TONES],
    depth: usize,
    highest: usize,
    snow_line: usize,
}

impl Tones {
    fn new(scene: &Scene, ridge: &Ridge, depth: usize, height: usize) -> Self {
        let mood = &scene.mood;
        let base = mix(mood.land[0], mood.land[1], ridge.nearness.sqrt());
        let contrast = if ridge.rocky { 0.26 } else { 0.06 };
        let haze = mix(mood.sky[2], mood.land[0], 0.35);
        let thickness = 0.75 * (1.0 - ridge.nearness) + 0.06;
        let reach = height as f32 * (0.22 + 0.2 * ridge.nearness);
        let mut land = Vec::with_capacity(TONES * depth);
        for tone in 0..TONES {
            let lit = shade(base, mood.light, tone, contrast);
            for step in 0..depth {
                let fog = smooth_step(0.0, 1.0, step as f32 / reach) * thickness;
                land.push(bytes(mix(lit, haze, fog)));
            }
        }
        let white = snow_colour(mood);
        let glare = if ridge.rocky { 0.28 } else { 0.10 };
        let share = if mood.snow { 0.16 } else { 0.07 };
        let snowy = if mood.snow {
            ridge.nearness < 0.99
        } else {
            ridge.rocky && ridge.nearness < 0.2
        };
        let highest = height + 1 - depth;
        Self {
            land,
            snow: std::array::from_fn(|tone| bytes(shade(white, mood.light, tone, glare))),
            depth,
            highest,
            snow_line: if snowy {
                highest + (share * height as f32) as usize
            } else {
                0
            },
        }
    }

    fn at(&self, tone: u8, depth: usize, snow: u16) -> [u8; 3] {
        let white = self.snow[usize::from(tone)];
        if snow == 255 {
            return white;
        }
        let land = self.land[usize::from(tone) * self.depth + depth];
        if snow == 0 {
            return land;
        }
        let blend = |place: usize| {
            let both = u16::from(white[place]) * snow + u16::from(land[place]) * (255 - snow);
            (both / 255) as u8
        };
        [blend(0), blend(1), blend(2)]
    }

    /// Returns how far snow reaches down below a crest.
    fn snow_depth(&self, crest: usize) -> usize {
        self.snow_line.saturating_sub(crest) * 3 / 4
    }
}

/// Returns the colour of snow in the light of the hour.
fn snow_colour(mood: &Mood) -> Rgb {
    let bright = mix([244.0, 248.0, 255.0], mood.sky[2], 0.25);
    let white = mix(bright, mood.land[0], 0.15);
    if mood.night {
        mix(white, mood.sky[1], 0.6)
    } else {
        white
    }
}

/// Returns the colour of a slope that catches more light with a higher tone.
fn shade(base: Rgb, light: Rgb, tone: usize, contrast: f32) -> Rgb {
    let lit = tone as f32 / (TONES - 1) as f32 * 2.0 - 1.0;
    if lit > 0.0 {
        mix(base, light, lit * contrast)
    } else {
        scale(base, 1.0 + lit * contrast)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snow_is_whole_above_and_thins_out_below() {
        assert_eq!(thickness(0, 100), 255);
        assert_eq!(thickness(50, 100), 255);
        let lower: Vec<_> = (50..=100).map(|below| thickness(below, 100)).collect();
        assert!(lower.is_sorted_by(|one, next| one >= next));
        assert_eq!((lower.last(), thickness(0, 0)), (Some(&0), 0));
    }
}
