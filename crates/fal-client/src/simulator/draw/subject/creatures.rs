//! Birds in the air, and a cat that looks at the view.

use super::{Stage, knoll};
use crate::simulator::draw::canvas::Canvas;
use crate::simulator::draw::colour::{mix, scale};
use crate::simulator::draw::dice::Dice;

/// Draws a loose flock.
pub(super) fn birds(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice, count: u8) {
    let middle = (
        dice.between(0.3, 0.7) * stage.width,
        dice.between(0.25, 0.5) * stage.horizon(),
    );
    let colour = mix(stage.dark, stage.scene.mood.sky[0], 0.2);
    for _ in 0..count {
        let size = stage.unit * dice.between(10.0, 26.0);
        let x = middle.0 + stage.unit * dice.between(-200.0, 200.0);
        let y = middle.1 + stage.unit * dice.between(-90.0, 90.0);
        let lift = dice.between(0.25, 0.6);
        let wings = [
            (x - size, y - size * lift),
            (x - size * 0.45, y - size * lift * 0.95),
            (x, y),
            (x + size * 0.45, y - size * lift * 0.95),
            (x + size, y - size * lift),
            (x + size * 0.4, y - size * lift * 0.55),
            (x, y + size * 0.16),
            (x - size * 0.4, y - size * lift * 0.55),
        ];
        canvas.polygon(&wings, colour, 0.9);
    }
}

/// Draws a cat sitting on a knoll, seen from behind.
pub(super) fn cat(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let unit = stage.unit;
    let x = stage.scene.spot * stage.width;
    let ground = knoll(canvas, stage, dice, (x, unit * 230.0)) + unit * 14.0;
    let size = unit * dice.between(150.0, 185.0);
    let fur = scale(stage.dark, 0.55);
    let rim = mix(fur, stage.scene.mood.light, 0.55);
    let flank = if stage.scene.light.0 > stage.scene.spot {
        1.0
    } else {
        -1.0
    };
    for (shift, colour) in [(unit * 3.0 * flank, rim), (0.0, fur)] {
        let point = |across: f32, up: f32| (x + shift + across * size * flank, ground - up * size);
        canvas.ellipse(point(0.0, 0.36), size * 0.36, size * 0.40, colour, 1.0);
        canvas.ellipse(point(0.02, 0.66), size * 0.25, size * 0.36, colour, 1.0);
        canvas.ellipse(point(0.05, 1.12), size * 0.25, size * 0.21, colour, 1.0);
        for ear in [-0.17, 0.11] {
            let tip = [
                point(ear, 1.20),
                point(ear + 0.05 + ear * 0.25, 1.47),
                point(ear + 0.17, 1.24),
            ];
            canvas.polygon(&tip, colour, 1.0);
        }
        canvas.polygon(&tail(&point), colour, 1.0);
    }
}

/// Returns the outline of a tail that curls away from the light.
fn tail(point: &impl Fn(f32, f32) -> (f32, f32)) -> Vec<(f32, f32)> {
    let along = |step: u8, thick: f32| {
        let t = f32::from(step) / 16.0;
        let across = -0.2 - 0.52 * (t * std::f32::consts::PI * 0.62).sin();
        let up = 0.06 + 0.62 * t * t + thick * (1.0 - t);
        point(across - thick * (1.0 - 0.55 * t), up)
    };
    let outer = (0..=16).map(|step| along(step, 0.065));
    let inner = (0..=16).rev().map(|step| along(step, -0.065));
    outer.chain(inner).collect()
}
