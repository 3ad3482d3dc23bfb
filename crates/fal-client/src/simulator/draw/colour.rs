//! Colours as three numbers from 0 to 255.

/// Red, green and blue, each from 0 to 255.
pub(super) type Rgb = [f32; 3];

/// Returns the colour written as `0xRRGGBB`.
pub(super) const fn rgb(code: u32) -> Rgb {
    [
        (code >> 16 & 255) as f32,
        (code >> 8 & 255) as f32,
        (code & 255) as f32,
    ]
}

/// Returns the colour between two, nearer to the second as `t` goes from 0 to 1.
pub(super) fn mix(from: Rgb, to: Rgb, t: f32) -> Rgb {
    let t = t.clamp(0.0, 1.0);
    [
        from[0] + (to[0] - from[0]) * t,
        from[1] + (to[1] - from[1]) * t,
        from[2] + (to[2] - from[2]) * t,
    ]
}

/// Returns the colour, darker for a factor below 1 and lighter above.
pub(super) fn scale(colour: Rgb, factor: f32) -> Rgb {
    [colour[0] * factor, colour[1] * factor, colour[2] * factor]
}

/// Returns the colour as it is stored in a picture.
pub(super) fn bytes(colour: Rgb) -> [u8; 3] {
    [
        (colour[0] + 0.5) as u8,
        (colour[1] + 0.5) as u8,
        (colour[2] + 0.5) as u8,
    ]
}

/// Returns a soft step from 0 to 1 between two edges.
pub(super) fn smooth_step(low: f32, high: f32, value: f32) -> f32 {
    let t = ((value - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}
