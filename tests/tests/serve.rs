//! `chameleon serve` and `chameleon run` with the real client library, and with clients that mean harm.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use chameleon_tests::{Chameleon, python, repository, skipped};
use image::{ImageFormat, Rgb, RgbImage};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::json;
use tempfile::TempDir;

/// Prints the labels of each photograph as the client sees them, over gRPC and REST.
const CLIENT: &str = r#"
import json, sys
from google.cloud import vision
for transport in ("grpc", "rest"):
    client = vision.ImageAnnotatorClient(transport=transport)
    for path in sys.argv[1:]:
        with open(path, "rb") as photo:
            response = client.label_detection(image=vision.Image(content=photo.read()))
        labels = [[label.description, round(label.score, 4)] for label in response.label_annotations]
        print(json.dumps([transport, response.error.code, response.error.message, labels]))
"#;

fn photographs(folder: &Path) -> Result<(PathBuf, PathBuf)> {
    let image = RgbImage::from_fn(96, 72, |x, y| Rgb([(x * 2) as u8, (y * 3) as u8, 90]));
    let (png, jpeg) = (folder.join("photo.png"), folder.join("cut.jpg"));
    image.save_with_format(&png, ImageFormat::Png)?;
    image.save_with_format(&jpeg, ImageFormat::Jpeg)?;
    let bytes = fs::read(&jpeg)?;
    fs::write(&jpeg, &bytes[..bytes.len() / 3])?;
    Ok((png, jpeg))
}

fn base64_of(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, &byte| (group << 8) | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let symbol = ALPHABET[(group >> (18 - 6 * place)) as usize & 63] as char;
            text.push(if place <= chunk.len() { symbol } else { '=' });
        }
    }
    text
}

fn annotate(image: &[u8]) -> String {
    json!({"requests": [{"image": {"content": base64_of(image)}, "features": [{"type": "LABEL_DETECTION"}]}]})
        .to_string()
}

#[test]
fn the_real_client_gets_the_same_labels_over_grpc_and_rest_without_a_code_change() -> Result<()> {
    let (chameleon, folder) = (Chameleon::new()?, TempDir::new()?);
    let (png, cut) = photographs(folder.path())?;
    let script = folder.path().join("client.py");
    fs::write(&script, CLIENT)?;
    let python = python()?;
    let words = [&python, &script, &png, &cut].map(|path| path.to_string_lossy().into_owned());
    let mut arguments = vec!["run", "--generic", "--"];
    arguments.extend(words.iter().map(String::as_str));
    let finished = chameleon.run(&arguments)?;
    ensure!(finished.status == Some(0), "{finished:?}");
    let lines: Vec<serde_json::Value> = finished.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    assert_eq!(lines.len(), 4, "{finished:?}");
    assert_eq!(lines[0][3], lines[2][3], "gRPC and REST agree");
    let labels = chameleon.run(&["label", "--json", &words[2]])?;
    let expected: serde_json::Value = serde_json::from_str(&labels.stdout)?;
    let expected = expected[&words[2]].as_array().map_or(0, Vec::len);
    assert_eq!(lines[0][3].as_array().map_or(0, Vec::len), expected, "as many labels as `chameleon label` finds");
    for line in [&lines[1], &lines[3]] {
        assert_eq!(line[1], 3, "a truncated JPEG is that image's error, not the call's: {line}");
        assert!(line[2].as_str().is_some_and(|message| !message.is_empty()));
    }
    Ok(())
}

#[test]
fn run_passes_the_programs_status_and_arguments_on() -> Result<()> {
    let finished =
        Chameleon::new()?.run(&["run", "--generic", "--", "sh", "-c", "echo \"$1\"; exit 7", "sh", "a b"])?;
    assert_eq!((finished.status, finished.stdout.trim()), (Some(7), "a b"), "{finished:?}");
    Ok(())
}

/// The files that it is told of are found wherever it runs.
#[test]
fn run_with_a_home_near_by_leads_a_program_to_it_from_anywhere() -> Result<()> {
    let (chameleon, folder) = (Chameleon::new()?, TempDir::new()?);
    let script = "cd / && cat \"$REQUESTS_CA_BUNDLE\"";
    let mut command = chameleon.command(&["--home", "near", "run", "--generic", "--", "sh", "-c", script])?;
    let output = command.current_dir(folder.path()).output()?;
    let certificates = String::from_utf8_lossy(&output.stdout).matches("BEGIN CERTIFICATE").count();
    ensure!(output.status.success() && certificates > 50, "{output:?}");
    assert!(folder.path().join("near/ca/ca.pem").is_file());
    Ok(())
}

#[test]
fn run_with_an_application_that_has_no_model_says_what_to_do() -> Result<()> {
    let finished = Chameleon::new()?.run(&["run", "--app", "nobody", "--", "true"])?;
    assert_eq!(finished.status, Some(2));
    assert!(finished.stderr.contains("nobody") && finished.stderr.contains("customize"), "{}", finished.stderr);
    Ok(())
}

#[test]
fn run_with_a_program_that_is_not_there_is_one_clear_error() -> Result<()> {
    let finished = Chameleon::new()?.run(&["run", "--generic", "--", "no-such-program"])?;
    assert_eq!(finished.status, Some(2));
    assert!(finished.stderr.contains("no-such-program"), "{}", finished.stderr);
    Ok(())
}

#[test]
fn an_image_with_an_absurd_header_is_refused_before_it_is_decoded() -> Result<()> {
    let (chameleon, folder) = (Chameleon::new()?, TempDir::new()?);
    let server = chameleon.serve(&[])?;
    let (png, _) = photographs(folder.path())?;
    let mut bytes = fs::read(png)?;
    // Width and height of the IHDR chunk, and the CRC over it.
    bytes[16..20].copy_from_slice(&40_000u32.to_be_bytes());
    bytes[20..24].copy_from_slice(&40_000u32.to_be_bytes());
    let crc = crc32(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&crc.to_be_bytes());
    let (status, reply) = server.post("/v1/images:annotate", &annotate(&bytes))?;
    assert_eq!(status, 200);
    assert_eq!(reply["responses"][0]["error"]["code"], 3, "{reply}");
    assert!(reply["responses"][0]["error"]["message"].as_str().is_some_and(|text| text.contains("40000")), "{reply}");
    Ok(())
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[test]
fn an_empty_batch_gets_an_answer_and_the_server_lives_on() -> Result<()> {
    let (chameleon, folder) = (Chameleon::new()?, TempDir::new()?);
    let server = chameleon.serve(&[])?;
    let (status, reply) = server.post("/v1/images:annotate", r#"{"requests":[]}"#)?;
    assert!(status == 200 || (status == 400 && reply["error"]["status"] == "INVALID_ARGUMENT"), "{status} {reply}");
    let (status, reply) = server.post("/v1/images:annotate", "{not json")?;
    assert_eq!((status, &reply["error"]["status"]), (400, &json!("INVALID_ARGUMENT")));
    let (png, _) = photographs(folder.path())?;
    let (status, reply) = server.post("/v1/images:annotate", &annotate(&fs::read(png)?))?;
    assert_eq!((status, reply["responses"].as_array().map(Vec::len)), (200, Some(1)), "{reply}");
    Ok(())
}

#[test]
fn a_body_of_200_megabytes_is_refused_without_reading_it_all() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let server = chameleon.serve(&[])?;
    let head = "POST /v1/images:annotate HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 200000000\r\n\r\n";
    let reply = server.exchange(&[head.as_bytes(), &vec![b' '; 1 << 20]].concat())?;
    let status: u16 = reply.split_whitespace().nth(1).context("no status")?.parse()?;
    assert!((400..500).contains(&status), "{reply}");
    Ok(())
}

#[test]
fn ten_thousand_connections_that_do_nothing_keep_nobody_out() -> Result<()> {
    const CONNECTIONS: u64 = 10_000;
    let limit = getrlimit(Resource::Nofile);
    if limit.maximum.is_some_and(|most| most < CONNECTIONS + 100) {
        let test = "ten_thousand_connections_that_do_nothing_keep_nobody_out";
        skipped(test, &format!("a process may have {limit:?} open files here"));
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    let (chameleon, folder) = (Chameleon::new()?, TempDir::new()?);
    let server = chameleon.serve(&["--no-upstream"])?;
    let beginnings: [&[u8]; 4] = [b"", b"POST /v1/images:annotate HTTP/1.1\r\nhost:", b"\x16", b"PRI * HTTP/2.0\r\n"];
    let idle = (0..CONNECTIONS).map(|turn| {
        let mut stream = TcpStream::connect(server.address)?;
        stream.write_all(beginnings[turn as usize % beginnings.len()])?;
        Ok(stream)
    });
    let idle: Vec<TcpStream> = idle.collect::<Result<_>>()?;
    let (png, _) = photographs(folder.path())?;
    let (status, reply) = server.post("/v1/images:annotate", &annotate(&fs::read(png)?))?;
    assert_eq!((status, reply["responses"].as_array().map(Vec::len)), (200, Some(1)), "{reply}");
    drop(idle);
    assert!(server.exchange(b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")?.contains("200 OK"));
    Ok(())
}

#[test]
fn a_port_that_is_taken_is_one_clear_error() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let server = chameleon.serve(&[])?;
    let finished = chameleon.run(&["serve", "--listen", &server.address.to_string()])?;
    assert_eq!(finished.status, Some(2));
    assert!(finished.stderr.contains(&server.address.to_string()), "{}", finished.stderr);
    Ok(())
}

#[test]
fn a_program_that_calls_no_api_runs_as_before() -> Result<()> {
    let chameleon = Chameleon::new()?;
    let script = repository().join("scripts/python_env.py");
    let plain: Vec<u8> = Command::new("python3").arg(&script).arg("--help").output()?.stdout;
    let finished = chameleon.run(&["run", "--generic", "--", "python3", &script.to_string_lossy(), "--help"])?;
    assert_eq!(finished.stdout.as_bytes(), plain);
    Ok(())
}
