//! Sky: gradient, glow, clouds, stars, and the disc of sun or moon.

use super::canvas::Canvas;
use super::colour::{Rgb, mix, scale, smooth_step};
use super::dice::Dice;
use super::noise;
use super::scene::Scene;

/// Side of the square of pixels for which the sky is worked out once.
const CELL: usize = 8;

/// Draws the sky down to the given row.
pub(super) fn paint(canvas: &mut Canvas, scene: &Scene, dice: &mut Dice) {
    let rows = ((scene.horizon * canvas.height as f32) as usize + CELL).min(canvas.height);
    let mesh = Mesh::work_out(canvas, scene, rows, dice);
    mesh.lay(canvas, rows);
    if scene.mood.night {
        stars(canvas, rows, dice);
    }
    disc(canvas, scene);
}

/// The sky at the corners of its cells; sixteen-bit fractions make the walk between them cheap.
struct Mesh {
    columns: usize,
    corners: Vec<[i32; 3]>,
}

impl Mesh {
    fn work_out(canvas: &Canvas, scene: &Scene, rows: usize, dice: &mut Dice) -> Self {
        let columns = canvas.width / CELL + 2;
        let lines = rows / CELL + 2;
        let weather = Weather::new(canvas, scene, dice);
        let mut corners = Vec::with_capacity(columns * lines);
        for line in 0..lines {
            let y = (line * CELL) as f32;
            for column in 0..columns {
                let colour = weather.colour((column * CELL) as f32, y);
                corners.push(colour.map(|part| (part.clamp(0.0, 255.0) * 65_536.0) as i32));
            }
        }
        Self { columns, corners }
    }

    /// Fills the rows by walking from corner to corner.
    fn lay(&self, canvas: &mut Canvas, rows: usize) {
        let stride = canvas.width * 3;
        for y in 0..rows {
            let upper = y / CELL * self.columns;
            let share = (y % CELL) as i32;
            let row = &mut canvas.pixels[y * stride..(y + 1) * stride];
            for (column, cell) in row.chunks_mut(CELL * 3).enumerate() {
                let left = self.between(upper + column, share);
                let right = self.between(upper + column + 1, share);
                walk(cell, left, right);
            }
        }
    }

    /// Returns the colour on the edge below a corner, `share` cells' eighths further down.
    fn between(&self, corner: usize, share: i32) -> [i32; 3] {
        let (above, below) = (self.corners[corner], self.corners[corner + self.columns]);
        let step = CELL as i32;
        [
            above[0] + (below[0] - above[0]) / step * share,
            above[1] + (below[1] - above[1]) / step * share,
            above[2] + (below[2] - above[2]) / step * share,
        ]
    }
}

/// Fills the pixels of one cell's row from its left to its right colour.
fn walk(cell: &mut [u8], left: [i32; 3], right: [i32; 3]) {
    let [mut red, mut green, mut blue] = left;
    let step = CELL as i32;
    let by_red = (right[0] - red) / step;
    let by_green = (right[1] - green) / step;
    let by_blue = (right[2] - blue) / step;
    for pixel in cell.chunks_exact_mut(3) {
        pixel[0] = (red >> 16) as u8;
        pixel[1] = (green >> 16) as u8;
        pixel[2] = (blue >> 16) as u8;
        red += by_red;
        green += by_green;
        blue += by_blue;
    }
}

/// Everything that decides the colour of a point of the sky.
struct Weather<'a> {
    scene: &'a Scene,
    horizon: f32,
    short: f32,
    sun: (f32, f32),
    seed: u32,
    stretch: f32,
}

impl<'a> Weather<'a> {
    fn new(canvas: &Canvas, scene: &'a Scene, dice: &mut Dice) -> Self {
        let (width, height) = (canvas.width as f32, canvas.height as f32);
        Self {
            scene,
            horizon: scene.horizon * height,
            short: width.min(height),
            sun: (scene.light.0 * width, scene.light.1 * height),
            seed: dice.noise_seed(),
            stretch: dice.between(1.8, 3.2),
        }
    }

    fn colour(&self, x: f32, y: f32) -> Rgb {
        let mood = &self.scene.mood;
        let t = y / self.horizon;
        let clear = if t < 0.55 {
            mix(mood.sky[0], mood.sky[1], t / 0.55)
        } else {
            mix(mood.sky[1], mood.sky[2], (t - 0.55) / 0.45)
        };
        let glow = self.glow(x, y);
        let air = mix(clear, mood.light, glow);
        let (alpha, sunny) = self.cloud(x, y, t);
        let cloud = mix(mood.cloud[1], mood.cloud[0], sunny + glow);
        // Clouds near the horizon drown in haze.
        let alpha = alpha * (1.0 - 0.75 * smooth_step(0.6, 1.0, t));
        mix(air, mix(cloud, mood.light, glow * 0.5), alpha)
    }

    fn glow(&self, x: f32, y: f32) -> f32 {
        let (dx, dy) = ((x - self.sun.0) / self.short, (y - self.sun.1) / self.short);
        let distance = dx * dx + dy * dy;
        let strength = if self.scene.mood.night { 0.45 } else { 0.85 };
        strength * (0.65 / (1.0 + distance * 60.0) + 0.35 / (1.0 + distance * 7.0))
    }

    /// Returns how dense the clouds are at a point and how much light they catch.
    fn cloud(&self, x: f32, y: f32, height: f32) -> (f32, f32) {
        let cover = self.scene.mood.cover;
        let near = 4.2 + 5.0 * height;
        let (across, down) = (x / self.short * near / self.stretch, y / self.short * near);
        let value = noise::fractal_plane(across, down, 4, self.seed);
        let edge = 0.68 - 0.36 * cover;
        let alpha = smooth_step(edge, edge + 0.22, value);
        if alpha == 0.0 {
            return (0.0, 0.0);
        }
        let lean = ((self.sun.0 - x) / self.short).clamp(-0.16, 0.16);
        let toward = noise::fractal_plane(across + lean, down - 0.22, 3, self.seed);
        (alpha * 0.9, 0.5 + (value - toward) * 3.2)
    }
}

fn stars(canvas: &mut Canvas, rows: usize, dice: &mut Dice) {
    let count = canvas.width * rows / 2600;
    for _ in 0..count {
        let x = (dice.unit() * canvas.width as f32) as i32;
        let height = dice.unit();
        let y = (height * rows as f32 * 0.95) as i32;
        let bright = dice.unit();
        let alpha = (0.15 + 0.85 * bright * bright * bright) * (1.0 - height * 0.8);
        canvas.blend(x, y, [255.0, 252.0, 240.0], alpha);
        if bright > 0.93 {
            for (dx, dy) in [(1, 0), (-1, 0), (0, 1), (0, -1)] {
                canvas.blend(x + dx, y + dy, [235.0, 240.0, 255.0], alpha * 0.4);
            }
        }
    }
}

/// Draws sun or moon.
fn disc(canvas: &mut Canvas, scene: &Scene) {
    let (width, height) = (canvas.width as f32, canvas.height as f32);
    let radius = scene.light.2 * width.min(height);
    let centre = (scene.light.0 * width, scene.light.1 * height);
    canvas.ellipse(centre, radius * 1.06, radius * 1.06, scene.mood.light, 0.35);
    canvas.ellipse(
        centre,
        radius,
        radius,
        mix(scene.mood.light, [255.0; 3], 0.5),
        0.95,
    );
    if scene.mood.night {
        let shade = scale(scene.mood.light, 0.86);
        for (dx, dy, size) in [(-0.3, -0.2, 0.22), (0.25, 0.1, 0.3), (-0.1, 0.45, 0.16)] {
            let sea = (centre.0 + dx * radius, centre.1 + dy * radius);
            canvas.ellipse(sea, size * radius, size * radius * 0.8, shade, 0.7);
        }
    }
}
