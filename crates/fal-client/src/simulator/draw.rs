//! Pictures drawn from a prompt: the same request always gives the same bytes.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "pixels and shares are small numbers that are clamped where they are stored"
)]

mod canvas;
mod colour;
mod dice;
mod encode;
mod land;
mod mood;
mod noise;
mod scene;
mod sky;
mod subject;
mod water;

use image::ImageResult;

use canvas::Canvas;
use dice::Dice;
use scene::{Ground, Scene};

/// The file formats that FAL's image models offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PictureFormat {
    Png,
    Jpeg,
    WebP,
}

impl PictureFormat {
    /// Reads FAL's name of a format.
    pub(super) fn parse(name: &str) -> Option<Self> {
        match name {
            "png" => Some(Self::Png),
            "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::WebP),
            _ => None,
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    pub(super) fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }
}

/// Everything that decides the bytes of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PictureSpec {
    pub(super) prompt: String,
    pub(super) seed: u64,
    /// Counted from 0 within a request.
    pub(super) index: u32,
    /// Width and height in pixels.
    pub(super) size: (u32, u32),
    pub(super) format: PictureFormat,
}

/// Draws and packs a picture; takes a good part of a second, so call it off the runtime.
pub(super) fn draw(spec: &PictureSpec) -> ImageResult<Vec<u8>> {
    encode::encode(&paint(spec), spec.format)
}

/// Draws a picture.
fn paint(spec: &PictureSpec) -> Canvas {
    let mut canvas = Canvas::new(spec.size.0 as usize, spec.size.1 as usize);
    let mut dice = Dice::of(&spec.prompt, spec.seed, spec.index);
    let scene = Scene::imagine(&spec.prompt, spec.seed, spec.index, &mut dice);
    sky::paint(&mut canvas, &scene, &mut dice);
    land::paint(&mut canvas, &scene, &mut dice);
    if scene.ground == Ground::Water {
        water::paint(&mut canvas, &scene, &mut dice);
    }
    subject::paint(&mut canvas, &scene, &mut dice);
    canvas
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn spec(prompt: &str, seed: u64, size: (u32, u32)) -> PictureSpec {
        PictureSpec {
            prompt: prompt.to_owned(),
            seed,
            index: 0,
            size,
            format: PictureFormat::Png,
        }
    }

    fn colours(canvas: &Canvas) -> usize {
        let pixels = canvas.pixels.chunks_exact(3).map(<[u8]>::to_vec);
        pixels.collect::<HashSet<_>>().len()
    }

    #[test]
    fn every_hour_and_subject_can_be_drawn_in_every_shape() {
        let hours = [
            "aurora", "night", "dawn", "dusk", "storm", "winter", "autumn", "desert", "beach",
            "dream", "noon",
        ];
        let subjects = [
            "lighthouse",
            "city",
            "cat",
            "boat",
            "balloon",
            "cabin",
            "forest",
            "birds",
        ];
        for hour in hours {
            for subject in subjects {
                for size in [(96, 96), (176, 48), (30, 240)] {
                    let canvas = paint(&spec(&format!("{subject} {hour}"), 1, size));
                    assert!(colours(&canvas) > 40, "{subject} {hour} {size:?}");
                }
            }
        }
    }

    #[test]
    fn any_prompt_and_seed_can_be_drawn() {
        for seed in 0..150 {
            let canvas = paint(&spec("a thing without a known word", seed, (88, 64)));
            assert!(colours(&canvas) > 40, "{seed}");
        }
        assert!(colours(&paint(&spec("x", u64::MAX, (2880, 360)))) > 40);
    }

    #[test]
    fn drawing_is_the_same_each_time() {
        let spec = spec("a lighthouse", 3, (200, 120));
        assert_eq!(paint(&spec).pixels, paint(&spec).pixels);
    }
}
