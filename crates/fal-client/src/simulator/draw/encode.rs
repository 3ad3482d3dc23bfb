//! Packing a finished picture as PNG, JPEG or WebP.

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};

use super::PictureFormat;
use super::canvas::Canvas;

/// Quality of JPEG pictures, of 100.
const JPEG_QUALITY: u8 = 88;

/// Returns the bytes of the picture's file.
pub(super) fn encode(canvas: &Canvas, format: PictureFormat) -> ImageResult<Vec<u8>> {
    let mut file = Vec::with_capacity(canvas.pixels.len() / 2);
    let (width, height) = (canvas.width as u32, canvas.height as u32);
    let colour = ExtendedColorType::Rgb8;
    match format {
        PictureFormat::Png => {
            PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up)
                .write_image(&canvas.pixels, width, height, colour)
        }
        PictureFormat::Jpeg => JpegEncoder::new_with_quality(&mut file, JPEG_QUALITY).write_image(
            &canvas.pixels,
            width,
            height,
            colour,
        ),
        PictureFormat::WebP => {
            WebPEncoder::new_lossless(&mut file).write_image(&canvas.pixels, width, height, colour)
        }
    }?;
    Ok(file)
}
