//! What the eye comes to rest on, drawn in front of sky, land and water.

mod buildings;
mod creatures;
mod vessels;

use super::canvas::Canvas;
use super::colour::{Rgb, mix, scale};
use super::dice::Dice;
use super::noise;
use super::scene::{Ground, Scene, Subject};

/// Where a subject stands, and the measure and colours it is drawn with.
struct Stage<'a> {
    scene: &'a Scene,
    width: f32,
    height: f32,
    /// One share in a thousand of the picture's shorter side, in pixels.
    unit: f32,
    /// The nearest, darkest land.
    dark: Rgb,
    /// A wall in the light of the hour.
    pale: Rgb,
    /// A window or lamp.
    lamp: Rgb,
}

impl<'a> Stage<'a> {
    fn new(canvas: &Canvas, scene: &'a Scene) -> Self {
        let (width, height) = (canvas.width as f32, canvas.height as f32);
        let white = mix([250.0, 246.0, 238.0], scene.mood.sky[1], 0.25);
        Self {
            scene,
            width,
            height,
            unit: width.min(height) / 1000.0,
            dark: scale(scene.mood.land[1], 0.8),
            pale: if scene.mood.night {
                mix(white, scene.mood.sky[0], 0.62)
            } else {
                white
            },
            lamp: [255.0, 226.0, 150.0],
        }
    }

    fn horizon(&self) -> f32 {
        self.scene.horizon * self.height
    }
}

/// Draws the subject of the scene.
pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, dice: &mut Dice) {
    let stage = Stage::new(canvas, scene);
    match scene.subject {
        Subject::Lighthouse => buildings::lighthouse(canvas, &stage, dice),
        Subject::City => buildings::city(canvas, &stage, dice),
        Subject::Cabin => buildings::cabin(canvas, &stage, dice),
        Subject::Forest => forest(canvas, &stage, dice),
        Subject::Boat => vessels::boat(canvas, &stage, dice),
        Subject::Balloons => vessels::balloons(canvas, &stage, dice),
        Subject::Cat => creatures::cat(canvas, &stage, dice),
        Subject::Birds => creatures::birds(canvas, &stage, dice, 9),
    }
    let quiet = matches!(scene.subject, Subject::Birds | Subject::City);
    if !quiet && !scene.mood.night {
        creatures::birds(canvas, &stage, dice, 3);
    }
    if scene.ground == Ground::Hills && scene.subject != Subject::Forest {
        grass(canvas, &stage, dice);
    }
}

/// Draws a knoll of dark land around a point and returns the height of its top there.
fn knoll(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice, at: (f32, f32)) -> f32 {
    let (centre, rise) = at;
    let seed = dice.noise_seed();
    let foot = if stage.scene.ground == Ground::Water {
        stage.horizon() + (stage.height - stage.horizon()) * 0.42
    } else {
        stage.height
    };
    let reach = stage.unit * 340.0;
    let mut points = vec![(centre - reach, foot)];
    for step in -20_i8..=20 {
        let along = f32::from(step) / 20.0;
        let bump = (1.0 - along * along).max(0.0).powf(1.4);
        let rough = noise::fractal_line(along * 6.0 + 40.0, 3, 0.5, seed) - 0.5;
        let y = foot - rise * (bump + rough * 0.22 * (1.0 - along.abs()));
        points.push((centre + along * reach, y));
    }
    points.push((centre + reach, foot));
    let top = points[21].1;
    canvas.polygon(&points, stage.dark, 1.0);
    if stage.scene.ground == Ground::Water {
        let shadow: Vec<_> = points
            .iter()
            .map(|(x, y)| (*x, foot + (foot - y) * 0.35))
            .collect();
        canvas.polygon(&shadow, stage.dark, 0.45);
    }
    top
}

/// Draws a wood of conifers in three depths.
fn forest(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let foot = stage.height;
    let start = if stage.scene.ground == Ground::Water {
        0.9
    } else {
        0.80
    };
    for layer in 0..3_u8 {
        let near = f32::from(layer) / 2.0;
        let colour = mix(stage.scene.mood.land[0], stage.dark, 0.55 + 0.45 * near);
        let ground = foot * (start + (1.03 - start) * near);
        let tall = stage.unit * (110.0 + 170.0 * near);
        let gap = tall * 0.30;
        let seed = dice.noise_seed();
        let mut x = -gap;
        while x < stage.width + gap {
            let across = (x / stage.width - stage.scene.light.0).abs();
            // The wood opens towards the light.
            let open = 0.45 + 0.75 * (across * 1.6).min(1.0);
            let wave = 0.6 + 0.6 * noise::fractal_line(x / stage.width * 5.0, 2, 0.5, seed);
            let height = tall * open * wave * dice.between(0.75, 1.25);
            conifer(canvas, (x, ground), height, colour);
            x += gap * dice.between(0.5, 1.2);
        }
        canvas.rectangle(0.0, ground - stage.unit * 6.0, stage.width, foot, colour);
    }
}

/// Draws one conifer standing on a point.
fn conifer(canvas: &mut Canvas, foot: (f32, f32), height: f32, colour: Rgb) {
    let mut right = vec![(foot.0, foot.1 - height)];
    for tier in 1..=5_u8 {
        let t = f32::from(tier) / 5.0;
        let y = foot.1 - height * (1.0 - t);
        right.push((foot.0 + height * 0.19 * t, y));
        right.push((foot.0 + height * 0.10 * t, y - height * 0.03));
    }
    let left: Vec<_> = right
        .iter()
        .rev()
        .map(|(x, y)| (2.0 * foot.0 - x, *y))
        .collect();
    right.extend(left);
    canvas.polygon(&right, colour, 1.0);
}

/// Draws blades of grass along the lower edge.
fn grass(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let colour = scale(stage.dark, 0.8);
    for _ in 0..220_u8 {
        let x = dice.unit() * stage.width;
        let height = stage.unit * dice.between(14.0, 60.0);
        let lean = stage.unit * dice.between(-16.0, 16.0);
        let base = stage.height;
        let half = stage.unit * 2.4;
        canvas.polygon(
            &[
                (x - half, base),
                (x + lean, base - height),
                (x + half, base),
            ],
            colour,
            0.9,
        );
    }
}
