use image::{GrayImage, ImageBuffer, Luma, LumaA, Rgba};
use proptest::prelude::*;

use super::*;
use crate::fixture::damage;

fn encode(image: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn decoded(bytes: &[u8]) -> RgbImage {
    decode(bytes, DecodeLimits::default()).unwrap()
}

fn refused(bytes: &[u8]) -> ImageError {
    decode(bytes, DecodeLimits::default()).unwrap_err()
}

/// Left half red, right half blue.
fn two_colours(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([200, 30, 10]) } else { Rgb([10, 30, 200]) })
}

/// The first bytes of a PNG whose header claims a size, with the start of its pixels.
fn png_header(width: u32, height: u32) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |kind: &[u8; 4], data: &[u8]| {
        let body = [kind.as_slice(), data].concat();
        png.extend((data.len() as u32).to_be_bytes());
        png.extend(&body);
        png.extend(crc32(&body).to_be_bytes());
    };
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes()[..], &[8, 2, 0, 0, 0]].concat();
    chunk(b"IHDR", &header);
    chunk(b"IDAT", &[0x78, 0x9c, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]);
    chunk(b"IEND", &[]);
    png
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
    !bytes.iter().fold(u32::MAX, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn lossless_formats_give_the_pixels_that_were_drawn() {
    let image = two_colours(10, 6);
    assert_eq!(decoded(&encode(image.clone(), ImageFormat::Png)), image);
    assert_eq!(decoded(&encode(image.clone(), ImageFormat::WebP)), image);
}

#[test]
fn jpeg_gives_nearly_the_pixels_that_were_drawn() {
    let image = decoded(&encode(two_colours(64, 32), ImageFormat::Jpeg));
    assert_eq!(image.dimensions(), (64, 32));
    let close = |a: Rgb<u8>, b: [u8; 3]| a.0.iter().zip(b).all(|(&a, b)| a.abs_diff(b) < 12);
    assert!(close(*image.get_pixel(8, 16), [200, 30, 10]), "{:?}", image.get_pixel(8, 16));
    assert!(close(*image.get_pixel(56, 16), [10, 30, 200]), "{:?}", image.get_pixel(56, 16));
}

#[test]
fn gray_becomes_rgb() {
    let gray = GrayImage::from_fn(9, 4, |x, y| Luma([(x * 20 + y) as u8]));
    assert_eq!(decoded(&encode(gray.clone(), ImageFormat::Png)).get_pixel(7, 3).0, [143; 3]);
    assert_eq!(decoded(&encode(gray, ImageFormat::Jpeg)).dimensions(), (9, 4));
    let deep: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(2, 2, Luma([0x8000]));
    assert_eq!(decoded(&encode(deep, ImageFormat::Png)).get_pixel(1, 1).0, [128; 3]);
}

#[test]
fn transparent_pixels_are_laid_over_white() {
    let image = RgbaImage::from_fn(3, 1, |x, _| Rgba([100, 0, 0, [0, 255, 51][x as usize]]));
    let flat = decoded(&encode(image, ImageFormat::Png));
    let pixels: Vec<[u8; 3]> = flat.pixels().map(|pixel| pixel.0).collect();
    assert_eq!(pixels, [[255, 255, 255], [100, 0, 0], [224, 204, 204]]);
    let gray = ImageBuffer::from_pixel(1, 1, LumaA([0_u8, 0]));
    assert_eq!(decoded(&encode(gray, ImageFormat::Png)).get_pixel(0, 0).0, [255; 3]);
}

#[test]
fn exif_orientation_turns_the_image_upright() {
    let jpeg = encode(two_colours(32, 16), ImageFormat::Jpeg);
    // Big-endian TIFF with one entry: orientation (0x0112), SHORT, one value: 6, turn clockwise by a quarter.
    let tiff = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let segment = [&[0xFF, 0xE1], &(tiff.len() as u16 + 2).to_be_bytes()[..], tiff].concat();
    let turned = decoded(&[&jpeg[..2], &segment, &jpeg[2..]].concat());
    assert_eq!(turned.dimensions(), (16, 32));
    assert!(turned.get_pixel(8, 4).0[0] > 150, "the left half is on top");
    assert!(turned.get_pixel(8, 28).0[2] > 150, "the right half is at the bottom");
}

#[test]
fn a_header_that_claims_too_many_pixels_is_refused_before_they_are_allocated() {
    let error = refused(&png_header(40_000, 40_000));
    assert_eq!(error.to_string(), "image is 40000 x 40000 pixels; at most 75 megapixels");
    let limits = DecodeLimits { pixels: 59, ..DecodeLimits::default() };
    let png = encode(two_colours(10, 6), ImageFormat::Png);
    assert!(matches!(decode(&png, limits), Err(ImageError::TooManyPixels { width: 10, height: 6, limit: 59 })));
    decode(&png, DecodeLimits { pixels: 60, ..limits }).unwrap();
}

#[test]
fn files_beyond_the_limit_are_refused_unread() {
    let limits = DecodeLimits { bytes: 3, ..DecodeLimits::default() };
    assert!(matches!(decode(&[0; 4], limits), Err(ImageError::TooManyBytes { got: 4, limit: 3 })));
}

#[test]
fn bytes_of_no_image_are_refused() {
    assert!(matches!(refused(b""), ImageError::Empty));
    assert!(matches!(refused(b"<html>not found</html>"), ImageError::UnknownFormat));
    assert!(matches!(refused(b"GIF89a\x01\0\x01\0\0\0\0;"), ImageError::UnknownFormat));
}

#[test]
fn cut_off_images_are_refused_in_every_format() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let bytes = encode(two_colours(40, 40), format);
        for length in [12, 40, bytes.len() / 2, bytes.len() * 9 / 10] {
            let result = decode(&bytes[..length], DecodeLimits::default());
            assert!(result.is_err(), "{format:?} cut to {length} of {} bytes", bytes.len());
        }
    }
    let jpeg = encode(two_colours(40, 40), ImageFormat::Jpeg);
    assert!(matches!(refused(&jpeg[..jpeg.len() - 9]), ImageError::CutOff));
}

#[test]
fn a_jpeg_ends_where_its_own_image_does() {
    let jpeg = encode(two_colours(40, 40), ImageFormat::Jpeg);
    // A preview with an end of its own, in a comment segment, does not stand for the image's end.
    let comment = [&[0xFF, 0xFE, 0x00, 0x06], &[0xFF, 0xD8, 0xFF, 0xD9][..]].concat();
    let with_preview = [&jpeg[..2], &comment, &jpeg[2..]].concat();
    assert_eq!(decoded(&with_preview), decoded(&jpeg));
    assert!(matches!(refused(&with_preview[..with_preview.len() - 9]), ImageError::CutOff));
    // Whatever a camera appends does not matter.
    assert_eq!(decoded(&[&jpeg[..], &[0xFF, 0xDA, 0x00, 0x02]].concat()), decoded(&jpeg));
}

fn input(height: usize, width: usize) -> ImageInput {
    ImageInput { channels: 3, height, width, mean: vec![0.5, 0.25, 0.0], std: vec![0.5, 0.25, 1.0] }
}

#[test]
fn the_tensor_is_planar_and_normalized() {
    let image = RgbImage::from_fn(2, 1, |x, _| if x == 0 { Rgb([255, 0, 51]) } else { Rgb([0, 255, 102]) });
    assert_eq!(tensor(&image, &input(1, 2)), [1.0, -1.0, -1.0, 3.0, 0.2, 0.4]);
}

#[test]
fn fine_patterns_average_out_when_an_image_is_reduced() {
    let checkers = RgbImage::from_fn(256, 256, |x, y| Rgb([if (x + y) % 2 == 0 { 255 } else { 0 }; 3]));
    let input = ImageInput { mean: vec![0.0; 3], std: vec![1.0; 3], ..input(16, 16) };
    let reduced = tensor(&checkers, &input);
    assert_eq!(reduced.len(), input.elements());
    assert!(reduced.iter().all(|value| (value - 0.5).abs() < 0.02), "without antialiasing they would be 0 or 1");
}

#[test]
fn the_whole_image_is_used_whatever_its_shape() {
    for (width, height) in [(1, 1), (300, 1), (1, 300), (7, 500)] {
        let tensor = tensor(&two_colours(width, height), &input(8, 8));
        assert_eq!(tensor.len(), 192);
        assert!(tensor.iter().all(|value| value.is_finite()));
    }
    let wide = tensor(&two_colours(400, 10), &input(4, 4));
    assert!(wide[0] > 0.5 && wide[3] < -0.5, "red on the left, none on the right: {:?}", &wide[..4]);
}

proptest! {
    #[test]
    fn arbitrary_bytes_behind_a_known_beginning_never_panic(
        format in 0_usize..3,
        tail in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        let head: &[u8] = [b"\xFF\xD8\xFF".as_slice(), b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBPVP8 "][format];
        prop_assert!(decode(&[head, &tail].concat(), DecodeLimits::default()).is_err());
    }

    #[test]
    fn damaged_images_never_panic(format in 0_usize..3, bit in any::<usize>(), cut in 0_usize..40) {
        let format = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP][format];
        let bytes = damage(&encode(two_colours(24, 24), format), bit, cut);
        let limits = DecodeLimits { pixels: 1 << 20, ..DecodeLimits::default() };
        if let Ok(image) = decode(&bytes, limits) {
            prop_assert!(u64::from(image.width()) * u64::from(image.height()) <= 1 << 20);
        }
    }
}
