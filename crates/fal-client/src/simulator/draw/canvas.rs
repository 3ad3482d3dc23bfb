//! The picture while it is drawn: rows of pixels, and shapes with soft edges.

use super::colour::{Rgb, bytes};

/// A point in pixels from the upper left corner.
pub(super) type Point = (f32, f32);

/// Lines per row on which the edge of a shape is measured.
const SUBROWS: usize = 4;

/// Three bytes per pixel, row by row.
#[derive(Debug)]
pub(super) struct Canvas {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) pixels: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: usize, height: usize) -> Self {
        Self {
            width,
            height,
            pixels: vec![0; width * height * 3],
        }
    }

    /// Lays a colour over one pixel; points outside are ignored.
    pub(super) fn blend(&mut self, x: i32, y: i32, colour: Rgb, alpha: f32) {
        if x < 0 || y < 0 || x as usize >= self.width || y as usize >= self.height {
            return;
        }
        let at = (y as usize * self.width + x as usize) * 3;
        for (byte, part) in self.pixels[at..at + 3].iter_mut().zip(colour) {
            let under = f32::from(*byte);
            *byte = (under + (part - under) * alpha + 0.5) as u8;
        }
    }

    /// Fills whole pixels of a row, from `from` up to, but without, `to`.
    fn fill_row(&mut self, y: usize, from: usize, to: usize, colour: [u8; 3]) {
        let start = (y * self.width + from) * 3;
        let end = (y * self.width + to) * 3;
        for pixel in self.pixels[start..end].chunks_exact_mut(3) {
            pixel.copy_from_slice(&colour);
        }
    }

    /// Fills an upright rectangle, without soft edges.
    pub(super) fn rectangle(&mut self, x: f32, y: f32, width: f32, height: f32, colour: Rgb) {
        let column = |value: f32| (value.max(0.0) as usize).min(self.width);
        let (from, to) = (column(x), column(x + width));
        let (top, bottom) = (y.max(0.0) as usize, (y + height).max(0.0) as usize);
        for row in top..bottom.min(self.height) {
            if from < to {
                self.fill_row(row, from, to, bytes(colour));
            }
        }
    }

    /// Fills a polygon with soft edges; self-crossing parts are left out.
    pub(super) fn polygon(&mut self, points: &[Point], colour: Rgb, alpha: f32) {
        let top = points.iter().fold(f32::MAX, |low, point| low.min(point.1));
        let bottom = points
            .iter()
            .fold(f32::MIN, |high, point| high.max(point.1));
        let first = top.max(0.0) as usize;
        let last = (bottom.max(0.0).ceil() as usize).min(self.height);
        let left = points.iter().fold(f32::MAX, |low, point| low.min(point.0));
        let right = points
            .iter()
            .fold(f32::MIN, |high, point| high.max(point.0));
        let left = (left.max(0.0) as usize).min(self.width);
        let right = (right.max(0.0).ceil() as usize).clamp(left, self.width);
        let mut cover = vec![0.0_f32; right - left];
        for row in first..last {
            for sub in 0..SUBROWS {
                let y = row as f32 + (sub as f32 + 0.5) / SUBROWS as f32;
                for pair in crossings(points, y).chunks_exact(2) {
                    add_span(&mut cover, pair[0] - left as f32, pair[1] - left as f32);
                }
            }
            self.lay_cover((left, row), &mut cover, colour, alpha);
        }
    }

    /// Lays one row of measured cover down and clears it for the next.
    fn lay_cover(&mut self, at: (usize, usize), cover: &mut [f32], colour: Rgb, alpha: f32) {
        let (left, row) = at;
        let solid = bytes(colour);
        for (offset, part) in cover.iter_mut().enumerate() {
            let x = left + offset;
            if *part == 0.0 {
                continue;
            }
            let strength = *part * alpha;
            if strength > 0.995 {
                let at = (row * self.width + x) * 3;
                self.pixels[at..at + 3].copy_from_slice(&solid);
            } else {
                self.blend(x as i32, row as i32, colour, strength.min(1.0));
            }
            *part = 0.0;
        }
    }

    /// Fills an ellipse with soft edges.
    pub(super) fn ellipse(
        &mut self,
        centre: Point,
        across: f32,
        down: f32,
        colour: Rgb,
        alpha: f32,
    ) {
        let points: Vec<Point> = (0..48_u8)
            .map(|step| {
                let angle = f32::from(step) / 48.0 * std::f32::consts::TAU;
                (
                    centre.0 + across * angle.cos(),
                    centre.1 + down * angle.sin(),
                )
            })
            .collect();
        self.polygon(&points, colour, alpha);
    }
}

/// Returns where the outline crosses a level, from left to right.
fn crossings(points: &[Point], y: f32) -> Vec<f32> {
    let mut found = Vec::with_capacity(8);
    let mut previous = points[points.len() - 1];
    for &point in points {
        if (previous.1 <= y) != (point.1 <= y) {
            let t = (y - previous.1) / (point.1 - previous.1);
            found.push(previous.0 + (point.0 - previous.0) * t);
        }
        previous = point;
    }
    found.sort_unstable_by(f32::total_cmp);
    found
}

/// Adds the cover of one span, with the right share for the pixels at its ends.
fn add_span(cover: &mut [f32], from: f32, to: f32) {
    let (from, to) = (from.max(0.0), to.min(cover.len() as f32));
    let mut x = from as usize;
    while (x as f32) < to {
        let share = to.min(x as f32 + 1.0) - from.max(x as f32);
        cover[x] += share / SUBROWS as f32;
        x += 1;
    }
}
