//! From the bytes of an image to a network's input.
//!
//! Bytes are not trusted: the size in the header is checked before pixels are allocated, and whatever cannot be
//! decoded is an error. JPEG, PNG and WebP are read, gray or in colour, in 8 and 16 bits, and turned upright as EXIF
//! says.

#[cfg(test)]
mod tests;

use std::io::Cursor;

use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Rgb, RgbaImage};

pub use image::RgbImage;

use crate::net::ImageInput;

/// What is decoded at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Pixels of the image.
    pub pixels: u64,
}

impl Default for DecodeLimits {
    /// Those of Google Cloud Vision: 20 MB and 75 megapixels.
    fn default() -> Self {
        Self { bytes: 20_971_520, pixels: 75_000_000 }
    }
}

/// Why bytes are not an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// There are no bytes.
    #[error("the image is empty")]
    Empty,
    /// More bytes than the limit.
    #[error("image is {got} bytes; at most {limit}")]
    TooManyBytes {
        /// Bytes given.
        got: usize,
        /// Bytes allowed.
        limit: usize,
    },
    /// More pixels than the limit.
    #[error("image is {width} x {height} pixels; at most {} megapixels", *limit as f64 / 1e6)]
    TooManyPixels {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// Pixels allowed.
        limit: u64,
    },
    /// The first bytes are those of no format that is read.
    #[error("the bytes are no JPEG, PNG or WebP image")]
    UnknownFormat,
    /// The file ends before the image does.
    #[error("the image is cut off")]
    CutOff,
    /// The decoder gave up.
    #[error("the image cannot be decoded: {0}")]
    Damaged(String),
}

/// Decodes an image, upright and opaque.
///
/// Transparent pixels are laid over white: cut-out pictures are made for light pages, and black would drown their
/// usually dark outlines.
///
/// # Errors
/// The bytes are no whole JPEG, PNG or WebP image within `limits`.
pub fn decode(bytes: &[u8], limits: DecodeLimits) -> Result<RgbImage, ImageError> {
    if bytes.is_empty() {
        return Err(ImageError::Empty);
    }
    if bytes.len() > limits.bytes {
        return Err(ImageError::TooManyBytes { got: bytes.len(), limit: limits.bytes });
    }
    let Ok(format @ (ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP)) = image::guess_format(bytes) else {
        return Err(ImageError::UnknownFormat);
    };
    if format == ImageFormat::Jpeg && !ends(bytes) {
        return Err(ImageError::CutOff);
    }
    let mut decoder = ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(damaged)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > limits.pixels {
        return Err(ImageError::TooManyPixels { width, height, limit: limits.pixels });
    }
    let orientation = decoder.orientation().map_err(damaged)?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(damaged)?;
    image.apply_orientation(orientation);
    Ok(if image.color().has_alpha() { over_white(&image.into_rgba8()) } else { image.into_rgb8() })
}

/// Whether a JPEG has an end. Where it has none, the decoder would fill the rest with gray, a picture of nothing.
///
/// Walks the segments (ITU-T T.81, B.1.1): each marker is followed by a length, and inside a scan 0xFF only by 0x00, a
/// restart marker or another 0xFF. Searching for the end marker alone would also find that of a preview in the
/// metadata, or miss it before a film that a telephone appended.
fn ends(jpeg: &[u8]) -> bool {
    const END: u8 = 0xD9;
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xD0..=0xD7 | 0xFF);
    let mut rest = jpeg.get(2..).unwrap_or_default();
    while let Some(at) = rest.windows(2).position(is_marker) {
        match rest[at + 1..] {
            [END, ..] => return true,
            [_, high, low, ..] => {
                let segment = at + 2 + usize::from(u16::from_be_bytes([high, low]));
                rest = rest.get(segment..).unwrap_or_default();
            }
            _ => return false,
        }
    }
    false
}

fn damaged(error: image::ImageError) -> ImageError {
    match error {
        image::ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => ImageError::CutOff,
        error => ImageError::Damaged(error.to_string()),
    }
}

fn over_white(image: &RgbaImage) -> RgbImage {
    let mut flat = RgbImage::new(image.width(), image.height());
    for (to, from) in flat.pixels_mut().zip(image.pixels()) {
        let [r, g, b, alpha] = from.0.map(u32::from);
        *to = Rgb([r, g, b].map(|value| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8));
    }
    flat
}

/// The network's input, (C, H, W): the whole image resized to its rows and columns and normalized.
///
/// The aspect ratio is not kept, so that nothing is cut away. Channels beyond three do not exist and are left out.
pub fn tensor(image: &RgbImage, input: &ImageInput) -> Vec<f32> {
    let resized = resize(image, input.width as u32, input.height as u32);
    let mut tensor = Vec::with_capacity(input.elements());
    for (channel, (mean, std)) in input.mean.iter().zip(&input.std).enumerate().take(3) {
        tensor.extend(
            resized.as_raw().iter().skip(channel).step_by(3).map(|&value| (f32::from(value) / 255.0 - mean) / std),
        );
    }
    tensor
}

/// The whole image at another size, its aspect ratio not kept. The filter widens with the reduction (antialiasing).
///
/// # Panics
/// The size is zero.
pub fn resize(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    if image.dimensions() == (width, height) {
        return image.clone();
    }
    let source = ImageRef::new(image.width(), image.height(), image.as_raw(), PixelType::U8x3)
        .expect("an RgbImage holds three bytes a pixel");
    let mut target = Image::new(width, height, PixelType::U8x3);
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Bilinear));
    Resizer::new().resize(&source, &mut target, &options).expect("source and target are of one pixel type");
    RgbImage::from_raw(width, height, target.into_vec()).expect("the target holds three bytes a pixel")
}
