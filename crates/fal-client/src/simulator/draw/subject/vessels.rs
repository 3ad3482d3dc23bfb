//! Sailing boats and hot-air balloons.

use super::Stage;
use crate::simulator::draw::canvas::Canvas;
use crate::simulator::draw::colour::{Rgb, mix, scale};
use crate::simulator::draw::dice::Dice;

/// Draws a near boat and two far ones.
pub(super) fn boat(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let room = stage.height - stage.horizon();
    let far = stage.horizon() + room * 0.06;
    for _ in 0..2_u8 {
        let x = stage.width * dice.between(0.1, 0.9);
        sail(canvas, stage, (x, far), stage.unit * 46.0);
    }
    let spot = (
        stage.scene.spot * stage.width,
        stage.horizon() + room * dice.between(0.34, 0.5),
    );
    sail(canvas, stage, spot, stage.unit * dice.between(230.0, 290.0));
}

/// Draws one boat with its mirror image; the point is the middle of the waterline.
fn sail(canvas: &mut Canvas, stage: &Stage<'_>, at: (f32, f32), tall: f32) {
    let cloth = mix(stage.pale, stage.scene.mood.light, 0.3);
    let hull = mix(stage.dark, [110.0, 40.0, 36.0], 0.35);
    for (sign, alpha) in [(-1.0, 0.32), (1.0, 1.0)] {
        let point = |x: f32, y: f32| (at.0 + x * tall, at.1 - sign * y * tall);
        let main = [
            point(-0.02, 0.14),
            point(-0.02, 1.0),
            point(-0.22, 0.52),
            point(-0.38, 0.14),
        ];
        canvas.polygon(&main, cloth, alpha);
        let fore = [
            point(0.02, 0.16),
            point(0.02, 0.9),
            point(0.16, 0.5),
            point(0.30, 0.16),
        ];
        canvas.polygon(&fore, scale(cloth, 0.82), alpha);
        let mast = [
            point(-0.012, 0.05),
            point(-0.006, 1.05),
            point(0.006, 1.05),
            point(0.012, 0.05),
        ];
        canvas.polygon(&mast, hull, alpha);
        let body = [
            point(-0.44, 0.12),
            point(0.44, 0.13),
            point(0.34, 0.03),
            point(0.26, 0.0),
            point(-0.32, 0.0),
        ];
        canvas.polygon(&body, hull, alpha);
    }
}

/// Draws a handful of balloons, one of them near.
pub(super) fn balloons(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let colours = [
        [214.0, 72.0, 62.0],
        [240.0, 178.0, 66.0],
        [66.0, 142.0, 166.0],
        [150.0, 92.0, 160.0],
    ];
    for number in 0..5_u8 {
        let first = dice.below(colours.len());
        let pair = (colours[first], colours[(first + 1) % colours.len()]);
        let near = number == 4;
        let size = stage.unit
            * if near {
                dice.between(105.0, 130.0)
            } else {
                dice.between(22.0, 52.0)
            };
        let x = if near {
            stage.scene.spot
        } else {
            dice.between(0.08, 0.92)
        };
        let y = dice.between(0.2, 0.75) * stage.horizon();
        balloon(canvas, stage, (x * stage.width, y), size, pair);
    }
}

/// Draws one balloon of the given radius.
fn balloon(canvas: &mut Canvas, stage: &Stage<'_>, at: (f32, f32), size: f32, pair: (Rgb, Rgb)) {
    let hour = stage.scene.mood.sky[1];
    let (one, two) = (mix(pair.0, hour, 0.22), mix(pair.1, hour, 0.22));
    canvas.polygon(&envelope(at, size, 1.0), one, 1.0);
    canvas.polygon(&envelope(at, size, 0.62), two, 1.0);
    canvas.polygon(&envelope(at, size, 0.25), one, 1.0);
    let flank = if stage.scene.light.0 * stage.width > at.0 {
        -1.0
    } else {
        1.0
    };
    let shadow = (at.0 + flank * size * 0.45, at.1);
    canvas.ellipse(shadow, size * 0.5, size * 0.8, scale(one, 0.4), 0.18);
    let basket = (at.0 - size * 0.13, at.1 + size * 1.42);
    let rope = [
        (at.0 - size * 0.2, at.1 + size * 1.0),
        (at.0 + size * 0.2, at.1 + size * 1.0),
        (at.0 + size * 0.12, basket.1),
        (at.0 - size * 0.12, basket.1),
    ];
    canvas.polygon(&rope, stage.dark, 0.35);
    canvas.rectangle(
        basket.0,
        basket.1,
        size * 0.26,
        size * 0.2,
        scale(stage.dark, 1.2),
    );
}

/// Returns the outline of a balloon, or of one of its stripes when it is narrower.
fn envelope(at: (f32, f32), size: f32, narrow: f32) -> Vec<(f32, f32)> {
    (0..40_u8)
        .map(|step| {
            let angle = f32::from(step) / 40.0 * std::f32::consts::TAU;
            let (flank, down) = (angle.cos(), angle.sin());
            let taper = if down > 0.0 {
                1.0 - 0.62 * down * down * down
            } else {
                1.0
            };
            let long = if down > 0.0 { 1.15 } else { 1.0 };
            (
                at.0 + flank * size * taper * narrow,
                at.1 + down * size * long,
            )
        })
        .collect()
}
