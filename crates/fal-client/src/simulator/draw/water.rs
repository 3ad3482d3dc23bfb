//! Water: the land above it upside down, rippled, tinted and crossed by light.

use super::canvas::Canvas;
use super::colour::{mix, scale};
use super::dice::Dice;
use super::noise;
use super::scene::Scene;

/// Draws the water below the horizon.
pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, dice: &mut Dice) {
    let horizon = ((scene.horizon * canvas.height as f32) as usize).min(canvas.height - 1);
    let seed = dice.noise_seed();
    for y in horizon..canvas.height {
        let below = (y - horizon) as f32;
        let depth = below / (canvas.height - horizon) as f32;
        mirror_row(canvas, horizon, y, seed);
        tint_row(canvas, scene, y, depth);
    }
    glitter(canvas, scene, horizon, dice);
}

/// Copies the row that mirrors this one, shifted a little as ripples do.
fn mirror_row(canvas: &mut Canvas, horizon: usize, y: usize, seed: u32) {
    let stride = canvas.width * 3;
    let below = (y - horizon) as f32;
    let phase = below.sqrt() * 2.4;
    let wobble = noise::fractal_line(phase, 2, 0.5, seed) - 0.5;
    let up = (below * 1.15 + wobble * below.sqrt() * 3.0).max(0.0) as usize;
    let source = horizon.saturating_sub(1 + up.min(horizon - 1));
    let sway = (noise::line(phase * 2.3, seed ^ 0x55) - 0.5) * below.sqrt() * 0.9;
    let shift = (sway.abs() as usize).min(canvas.width - 1) * 3;
    let (above, rest) = canvas.pixels.split_at_mut(y * stride);
    let from = &above[source * stride..(source + 1) * stride];
    let to = &mut rest[..stride];
    to.copy_from_slice(from);
    if shift > 0 && sway > 0.0 {
        to[shift..].copy_from_slice(&from[..stride - shift]);
    } else if shift > 0 {
        to[..stride - shift].copy_from_slice(&from[shift..]);
    }
}

/// Darkens a row towards the viewer by whole-number steps.
fn tint_row(canvas: &mut Canvas, scene: &Scene, y: usize, depth: f32) {
    let deep = mix(scale(scene.mood.sky[0], 0.55), scene.mood.land[1], 0.25);
    let keep = 0.86 - 0.38 * depth;
    let part = (keep * 256.0) as u32;
    let add = scale(deep, 1.0 - keep).map(|value| value as u32);
    let stride = canvas.width * 3;
    for pixel in canvas.pixels[y * stride..(y + 1) * stride].chunks_exact_mut(3) {
        pixel[0] = (((u32::from(pixel[0]) * part) >> 8) + add[0]) as u8;
        pixel[1] = (((u32::from(pixel[1]) * part) >> 8) + add[1]) as u8;
        pixel[2] = (((u32::from(pixel[2]) * part) >> 8) + add[2]) as u8;
    }
}

/// Lays short bright dashes on the water, thickest under sun or moon.
fn glitter(canvas: &mut Canvas, scene: &Scene, horizon: usize, dice: &mut Dice) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let unit = width.min(height) / 1024.0;
    let sun = scene.light.0 * width;
    let room = height - horizon as f32;
    for dash in 0..1400_u16 {
        let t = dice.unit();
        let y = horizon as f32 + 2.0 + t * t * (room - 4.0);
        let near = (y - horizon as f32) / room;
        let spread = (18.0 + 150.0 * near) * unit;
        let lit = dash % 7 != 0;
        let x = if lit {
            sun + (dice.unit() + dice.unit() + dice.unit() - 1.5) * spread
        } else {
            dice.unit() * width
        };
        let length = (3.0 + 34.0 * near * dice.unit()) * unit;
        let strength = if lit {
            dice.between(0.15, 0.6)
        } else {
            dice.between(0.03, 0.12)
        };
        let thick = (0.7 + 2.0 * near) * unit;
        let colour = if lit {
            scene.mood.light
        } else {
            scene.mood.sky[2]
        };
        canvas.ellipse((x, y), length, thick, colour, strength);
    }
}
