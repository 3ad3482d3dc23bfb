//! Value noise in one and two dimensions, cheap enough for builds without optimisation.

/// Returns a number from 0 to 1 for a point of the whole-number line.
fn hash(x: i32, seed: u32) -> f32 {
    let mut value = (x as u32).wrapping_mul(0x27d4_eb2d) ^ seed;
    value = (value ^ (value >> 15)).wrapping_mul(0x85eb_ca6b);
    value = (value ^ (value >> 13)).wrapping_mul(0xc2b2_ae35);
    ((value ^ (value >> 16)) >> 8) as f32 / 16_777_216.0
}

/// Returns smooth noise from 0 to 1 along a line.
pub(super) fn line(x: f32, seed: u32) -> f32 {
    let cell = x.floor();
    let t = x - cell;
    let t = t * t * (3.0 - 2.0 * t);
    let left = hash(cell as i32, seed);
    left + (hash(cell as i32 + 1, seed) - left) * t
}

/// Returns noise from 0 to 1 along a line, summed over octaves.
pub(super) fn fractal_line(x: f32, octaves: u32, roughness: f32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for octave in 0..octaves {
        sum += weight * line(x * scale, seed.wrapping_add(octave * 7919));
        total += weight;
        weight *= roughness;
        scale *= 2.03;
    }
    sum / total
}

/// Returns noise from 0 to 1 with sharp crests, as mountains have.
pub(super) fn ridged_line(x: f32, octaves: u32, roughness: f32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for octave in 0..octaves {
        let value = line(x * scale, seed.wrapping_add(octave * 7919));
        sum += weight * (1.0 - (2.0 * value - 1.0).abs());
        total += weight;
        weight *= roughness;
        scale *= 2.03;
    }
    sum / total
}

/// Returns smooth noise from 0 to 1 in the plane.
fn plane(x: f32, y: f32, seed: u32) -> f32 {
    let row = y.floor();
    let t = y - row;
    let t = t * t * (3.0 - 2.0 * t);
    let above = seed.wrapping_add((row as i32 as u32).wrapping_mul(0x9e37_79b9));
    let upper = line(x, above);
    upper + (line(x, above.wrapping_add(0x9e37_79b9)) - upper) * t
}

/// Returns noise from 0 to 1 in the plane, summed over octaves.
pub(super) fn fractal_plane(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut sum, mut total, mut weight, mut scale) = (0.0, 0.0, 1.0, 1.0);
    for octave in 0..octaves {
        sum += weight * plane(x * scale, y * scale, seed.wrapping_add(octave * 104_729));
        total += weight;
        weight *= 0.5;
        scale *= 2.1;
    }
    sum / total
}
