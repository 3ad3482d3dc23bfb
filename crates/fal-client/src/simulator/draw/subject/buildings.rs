//! A lighthouse on its rock, a city over the water, and a cabin with a lit window.

use super::{Stage, conifer, knoll};
use crate::simulator::draw::canvas::Canvas;
use crate::simulator::draw::colour::{Rgb, mix, scale};
use crate::simulator::draw::dice::Dice;
use crate::simulator::draw::scene::Ground;

/// Draws a striped tower with a lamp and its beam.
pub(super) fn lighthouse(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let unit = stage.unit;
    let x = stage.scene.spot * stage.width;
    let ground = knoll(canvas, stage, dice, (x, unit * 190.0)) + unit * 12.0;
    let tall = unit * dice.between(300.0, 360.0);
    let lamp = (x, ground - tall - unit * 24.0);
    beam(canvas, stage, lamp);
    for band in 0..6_u8 {
        let (from, to) = (f32::from(band) / 6.0, f32::from(band + 1) / 6.0);
        let red = mix([196.0, 58.0, 48.0], stage.scene.mood.sky[0], 0.2);
        let colour = if band % 2 == 0 { stage.pale } else { red };
        tower_part(canvas, stage, (x, ground, tall), (from, to), colour);
    }
    gallery(canvas, stage, x, ground - tall);
    canvas.ellipse(lamp, unit * 46.0, unit * 46.0, stage.lamp, 0.22);
    canvas.ellipse(lamp, unit * 24.0, unit * 24.0, stage.lamp, 0.4);
    canvas.ellipse(lamp, unit * 10.0, unit * 12.0, [255.0, 250.0, 225.0], 1.0);
    let hut = stage.unit * 62.0;
    house(canvas, stage, (x + unit * 78.0, ground + unit * 22.0), hut);
}

/// Draws the light thrown to both sides.
fn beam(canvas: &mut Canvas, stage: &Stage<'_>, lamp: (f32, f32)) {
    let strength = if stage.scene.mood.night { 0.16 } else { 0.10 };
    let reach = stage.width;
    for (side, lift) in [(1.0, -0.10), (-1.0, 0.05)] {
        for spread in [0.035, 0.06, 0.09] {
            let end = lamp.0 + side * reach;
            canvas.polygon(
                &[
                    lamp,
                    (end, lamp.1 + (lift - spread) * reach),
                    (end, lamp.1 + (lift + spread) * reach),
                ],
                stage.lamp,
                strength,
            );
        }
    }
}

/// Draws one band of the tower, with its shaded side.
fn tower_part(
    canvas: &mut Canvas,
    stage: &Stage<'_>,
    tower: (f32, f32, f32),
    part: (f32, f32),
    colour: Rgb,
) {
    let (x, ground, tall) = tower;
    let half = |t: f32| stage.unit * (36.0 - 15.0 * t);
    let (low, high) = (ground - tall * part.0, ground - tall * part.1);
    let (wide, slim) = (half(part.0), half(part.1));
    let body = [
        (x - wide, low),
        (x - slim, high),
        (x + slim, high),
        (x + wide, low),
    ];
    canvas.polygon(&body, colour, 1.0);
    let side = if stage.scene.light.0 > stage.scene.spot {
        -1.0
    } else {
        1.0
    };
    for inner in [0.1, 0.45] {
        let shade = [
            (x + side * wide, low),
            (x + side * slim, high),
            (x + side * slim * inner, high),
            (x + side * wide * inner, low),
        ];
        canvas.polygon(&shade, scale(colour, 0.55), 0.4);
    }
}

/// Draws the railing, the lamp room and the cap.
fn gallery(canvas: &mut Canvas, stage: &Stage<'_>, x: f32, top: f32) {
    let unit = stage.unit;
    let iron = scale(stage.dark, 0.9);
    canvas.rectangle(
        x - unit * 30.0,
        top - unit * 6.0,
        unit * 60.0,
        unit * 9.0,
        iron,
    );
    canvas.rectangle(
        x - unit * 16.0,
        top - unit * 44.0,
        unit * 32.0,
        unit * 38.0,
        mix(stage.lamp, stage.pale, 0.3),
    );
    for post in [-16.0, -2.0, 13.0] {
        canvas.rectangle(
            x + unit * post,
            top - unit * 44.0,
            unit * 3.0,
            unit * 38.0,
            iron,
        );
    }
    let cap = [
        (x - unit * 22.0, top - unit * 43.0),
        (x, top - unit * 72.0),
        (x + unit * 22.0, top - unit * 43.0),
    ];
    canvas.polygon(&cap, mix([170.0, 50.0, 44.0], iron, 0.35), 1.0);
}

/// Draws a house of the given width with its lower left corner on a point.
fn house(canvas: &mut Canvas, stage: &Stage<'_>, corner: (f32, f32), width: f32) {
    let (x, ground) = corner;
    let wall = width * 0.52;
    canvas.rectangle(
        x,
        ground - wall,
        width,
        wall + stage.unit * 8.0,
        scale(stage.pale, 0.82),
    );
    let roof = [
        (x - width * 0.10, ground - wall),
        (x + width * 0.22, ground - wall - width * 0.36),
        (x + width * 0.78, ground - wall - width * 0.36),
        (x + width * 1.10, ground - wall),
    ];
    canvas.polygon(&roof, mix(stage.dark, [120.0, 52.0, 44.0], 0.4), 1.0);
    for share in [0.2, 0.62] {
        let pane = width * 0.17;
        canvas.rectangle(
            x + width * share,
            ground - wall * 0.68,
            pane,
            pane,
            stage.lamp,
        );
    }
}

/// Draws a cabin on a knoll with smoke and a few conifers.
pub(super) fn cabin(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let unit = stage.unit;
    let x = stage.scene.spot * stage.width;
    let rise = if stage.scene.ground == Ground::Water {
        120.0
    } else {
        200.0
    };
    let ground = knoll(canvas, stage, dice, (x, unit * rise)) + unit * 20.0;
    let chimney = (x + unit * 52.0, ground - unit * 168.0);
    smoke(canvas, stage, chimney);
    for (offset, height) in [
        (-190.0, 190.0),
        (-140.0, 260.0),
        (150.0, 230.0),
        (205.0, 170.0),
    ] {
        let foot = (x + unit * offset, ground + unit * 34.0);
        conifer(
            canvas,
            foot,
            unit * height * dice.between(0.85, 1.1),
            scale(stage.dark, 0.85),
        );
    }
    canvas.rectangle(
        chimney.0 - unit * 9.0,
        chimney.1,
        unit * 20.0,
        unit * 70.0,
        scale(stage.dark, 1.1),
    );
    house(canvas, stage, (x - unit * 85.0, ground), unit * 170.0);
}

/// Draws puffs of smoke that drift from a chimney.
fn smoke(canvas: &mut Canvas, stage: &Stage<'_>, chimney: (f32, f32)) {
    let unit = stage.unit;
    for puff in 0..9_u8 {
        let t = f32::from(puff) / 8.0;
        let size = unit * (9.0 + 24.0 * t);
        let centre = (
            chimney.0 + unit * 70.0 * t * t,
            chimney.1 - unit * 170.0 * t,
        );
        canvas.ellipse(
            centre,
            size,
            size * 0.8,
            stage.scene.mood.cloud[0],
            0.30 * (1.0 - t),
        );
    }
}

/// Draws three rows of towers, the farthest palest.
pub(super) fn city(canvas: &mut Canvas, stage: &Stage<'_>, dice: &mut Dice) {
    let ground = if stage.scene.ground == Ground::Water {
        stage.horizon() + stage.unit * 4.0
    } else {
        stage.height
    };
    for row in 0..3_u8 {
        let near = f32::from(row) / 2.0;
        let land = stage.scene.mood.land;
        let colour = mix(land[0], land[1], 0.18 + 0.74 * near);
        let colour = mix(colour, stage.scene.mood.sky[2], 0.28 * (1.0 - near));
        let mut x = -stage.unit * 30.0;
        while x < stage.width {
            let width = stage.unit * dice.between(34.0, 84.0);
            let centre = ((x + width / 2.0) / stage.width - stage.scene.spot).abs();
            let crowd = 1.25 - centre.min(0.85);
            let tall = stage.unit * dice.between(90.0, 330.0) * crowd * (1.15 - 0.45 * near);
            tower(canvas, stage, (x, ground, width, tall), colour, dice);
            x += width + stage.unit * dice.between(0.0, 26.0) * (1.0 + near);
        }
    }
    if stage.scene.ground == Ground::Water {
        canvas.rectangle(
            0.0,
            ground - stage.unit * 3.0,
            stage.width,
            stage.unit * 7.0,
            stage.dark,
        );
        mirror(canvas, ground as usize + 1, stage);
    }
}

/// Draws one tower block with lit windows.
fn tower(
    canvas: &mut Canvas,
    stage: &Stage<'_>,
    block: (f32, f32, f32, f32),
    colour: Rgb,
    dice: &mut Dice,
) {
    let (x, ground, width, tall) = block;
    canvas.rectangle(x, ground - tall, width, tall, colour);
    if dice.chance(0.3) {
        let mast = tall * 0.28;
        canvas.rectangle(
            x + width * 0.48,
            ground - tall - mast,
            stage.unit * 3.0,
            mast,
            colour,
        );
    } else if dice.chance(0.4) {
        let step = tall * 0.09;
        canvas.rectangle(
            x + width * 0.2,
            ground - tall - step,
            width * 0.6,
            step,
            colour,
        );
    }
    windows(canvas, stage, block, colour, dice);
}

/// Draws the windows of a tower block, some of them lit.
fn windows(
    canvas: &mut Canvas,
    stage: &Stage<'_>,
    block: (f32, f32, f32, f32),
    colour: Rgb,
    dice: &mut Dice,
) {
    let (x, ground, width, tall) = block;
    let lit = if stage.scene.mood.night { 0.5 } else { 0.2 };
    let pane = stage.unit * 6.0;
    let mut y = ground - tall + pane * 1.6;
    while y < ground - pane * 2.0 {
        let mut at = x + pane;
        while at < x + width - pane * 1.5 {
            if dice.chance(lit) {
                let lamp = mix(stage.lamp, colour, dice.between(0.05, 0.6));
                canvas.rectangle(at, y, pane, pane * 1.1, lamp);
            }
            at += pane * 2.0;
        }
        y += pane * 2.4;
    }
}

/// Lays the city upside down on the water, fading out.
fn mirror(canvas: &mut Canvas, shore: usize, stage: &Stage<'_>) {
    let stride = canvas.width * 3;
    let reach = ((stage.unit * 260.0) as usize).min(canvas.height.saturating_sub(shore));
    for below in (0..reach.min(shore)).filter(|row| row % 3 != 2) {
        let (above, rest) = canvas.pixels.split_at_mut((shore + below) * stride);
        let up = below + below / 4;
        let from = (shore.saturating_sub(up + 1)) * stride;
        let sway = (below * 7 % 5) * 3;
        let keep = 150 * (reach - below) / reach;
        for (to, source) in rest[sway..stride]
            .iter_mut()
            .zip(&above[from..from + stride])
        {
            let mixed = usize::from(*source) * keep + usize::from(*to) * (256 - keep);
            *to = (mixed / 256) as u8;
        }
    }
}
