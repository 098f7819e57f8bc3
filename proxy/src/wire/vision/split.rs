//! A request of which the real API does a part: the request for that part, and the answer of both.
//!
//! Everything that the part needs goes there as the caller wrote it, the fields that are not known here included.

use std::collections::BTreeMap;

use bytes::{BufMut, Bytes, BytesMut};
use prost::Message;
use serde::Deserialize;

use super::json::request_at;
use super::proto::{AnnotateImageResponse, BatchAnnotateImagesResponse, RpcStatus};
use super::{MAX_FEATURES, MAX_IMAGES, Remote};
use crate::wire::json::read::{elements, fields, replace};
use crate::wire::json::{Fields, root};
use crate::wire::protobuf::{self, malformed};
use crate::wire::status::Status;

/// Numbers of the fields that are taken apart.
const REQUESTS: u32 = 1;
const FEATURES: u32 = 2;
const RESPONSES: u32 = 1;

/// The request for the real API, from the caller's message.
///
/// # Errors
/// `INVALID_ARGUMENT` when the message is malformed.
pub fn request_proto(message: Bytes, remote: &[Remote]) -> Result<Bytes, Status> {
    let mut out = protobuf::without(message.clone(), |tag| tag == REQUESTS).map_err(malformed)?;
    let mut index = 0;
    for field in protobuf::fields(message) {
        let field = field.map_err(malformed)?;
        if field.tag != REQUESTS {
            continue;
        }
        if let Some(wanted) = remote.iter().find(|remote| remote.index == index) {
            protobuf::put(REQUESTS, &image_proto(field.content, &wanted.features)?, &mut out);
        }
        index += 1;
    }
    Ok(out.freeze())
}

fn image_proto(request: Bytes, features: &[usize]) -> Result<BytesMut, Status> {
    let mut out = BytesMut::with_capacity(request.len());
    let mut place = 0;
    for field in protobuf::fields(request) {
        let field = field.map_err(malformed)?;
        let is_feature = field.tag == FEATURES;
        if !is_feature || features.contains(&place) {
            out.put_slice(&field.raw);
        }
        place += usize::from(is_feature);
    }
    Ok(out)
}

/// The request for the real API, from the caller's JSON.
///
/// # Errors
/// `INVALID_ARGUMENT` when it is malformed.
pub fn request_json(body: &[u8], remote: &[Remote]) -> Result<Vec<u8>, Status> {
    let at = request_at();
    let Some(root) = root(body)? else { return Ok(b"{}".to_vec()) };
    let [requests] = fields(root, &at, ["requests"])?;
    let (requests, _) = requests.map(|raw| elements(raw, &at, MAX_IMAGES)).transpose()?.unwrap_or_default();
    let mut kept = Vec::with_capacity(remote.len());
    for Remote { index, features } in remote {
        let Some(request) = requests.get(*index) else { continue };
        let [raw] = fields(request, &at, ["features"])?;
        let (all, _) = raw.map(|raw| elements(raw, &at, MAX_FEATURES)).transpose()?.unwrap_or_default();
        let wanted: Vec<&str> = features.iter().filter_map(|place| Some(all.get(*place)?.get())).collect();
        kept.push(replace(request, &at, "features", Some(&format!("[{}]", wanted.join(","))))?);
    }
    Ok(replace(root, &at, "requests", Some(&format!("[{}]", kept.join(","))))?.into_bytes())
}

/// The whole answer as a message: what was found here and, for each image of `remote`, what the real API said.
/// `None` if that is not an answer to the request.
pub fn answer_proto(local: &BatchAnnotateImagesResponse, upstream: Bytes, remote: &[Remote]) -> Option<Bytes> {
    let mut said = Vec::new();
    for field in protobuf::fields(upstream) {
        let field = field.ok()?;
        if field.tag == RESPONSES {
            said.push(field.content);
        }
    }
    (said.len() == remote.len()).then_some(())?;
    let mut out = BytesMut::new();
    for (index, response) in local.responses.iter().enumerate() {
        let own = Bytes::from(response.encode_to_vec());
        let other = remote.iter().position(|remote| remote.index == index).map(|place| said[place].clone());
        let whole = match other {
            Some(other) => protobuf::merge(other, own).ok()?,
            None => own,
        };
        protobuf::put(RESPONSES, &whole, &mut out);
    }
    Some(out.freeze())
}

/// The same in JSON.
pub fn answer_json(local: &BatchAnnotateImagesResponse, upstream: &[u8], remote: &[Remote]) -> Option<Vec<u8>> {
    let Answer { responses: said } = serde_json::from_slice(upstream).ok()?;
    (said.len() == remote.len()).then_some(())?;
    let mut said = said.into_iter();
    let mut responses = Vec::with_capacity(local.responses.len());
    for (index, response) in local.responses.iter().enumerate() {
        let asked = remote.iter().any(|remote| remote.index == index);
        let mut whole = if asked { said.next()? } else { Fields::new() };
        let own: Fields = serde_json::from_str(&serde_json::to_string(response).ok()?).ok()?;
        whole.extend(own);
        responses.push(whole);
    }
    serde_json::to_vec(&BTreeMap::from([("responses", responses)])).ok()
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    responses: Vec<Fields>,
}

/// The answer when the real API gave none: the images of `remote` have an error each.
pub fn without_upstream(local: &mut BatchAnnotateImagesResponse, remote: &[Remote], code: i32, message: &str) {
    let asked = remote.iter().map(|remote| remote.index);
    for index in asked {
        if let Some(AnnotateImageResponse { error: error @ None, .. }) = local.responses.get_mut(index) {
            *error = Some(RpcStatus { code, message: message.to_owned() });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::json::parse_batch;
    use super::super::proto::{EntityAnnotation, decode_batch};
    use super::*;

    const JSON: &str = r#"{"requests":[{"image":{"content":"AAAA"},"features":[{"type":4}]},{"features":[{"type":6},{"type":4,"maxResults":2},{"type":5,"model":"builtin/latest"}],"image":{"content":"BBBB"},"imageContext":{"languageHints":["en"]}}],"parent":"projects/p"}"#;

    fn remote() -> Vec<Remote> {
        vec![Remote { index: 1, features: vec![0, 2] }]
    }

    fn local() -> BatchAnnotateImagesResponse {
        let label = |name: &str| EntityAnnotation { description: name.to_owned(), score: 0.5, topicality: 0.5 };
        let response = |name| AnnotateImageResponse { label_annotations: vec![label(name)], ..Default::default() };
        BatchAnnotateImagesResponse { responses: vec![response("a"), response("b")] }
    }

    #[test]
    fn the_part_for_the_real_api_is_as_the_caller_wrote_it() {
        let split = String::from_utf8(request_json(JSON.as_bytes(), &remote()).unwrap()).unwrap();
        assert_eq!(
            split,
            r#"{"parent":"projects/p","requests":[{"image":{"content":"BBBB"},"imageContext":{"languageHints":["en"]},"features":[{"type":6},{"type":5,"model":"builtin/latest"}]}]}"#
        );
    }

    #[test]
    fn both_encodings_are_split_alike() {
        // requests { image { content: "a" } features { type: 4 } }
        // requests { image { content: "b" } features { type: 6 } features { type: 4 } features { type: 5 }
        //            image_context { language_hints: "en" } }  parent: "p"
        let first = [&[0x0a, 3, 0x0a, 1, b'a'][..], &[0x12, 2, 8, 4]].concat();
        let second = [
            &[0x0a, 3, 0x0a, 1, b'b'][..],
            &[0x12, 2, 8, 6, 0x12, 2, 8, 4, 0x12, 2, 8, 5],
            &[0x1a, 4, 0x12, 2, b'e', b'n'],
        ]
        .concat();
        let mut message = BytesMut::new();
        protobuf::put(1, &first, &mut message);
        protobuf::put(1, &second, &mut message);
        protobuf::put(4, b"p", &mut message);
        let split = request_proto(message.freeze(), &remote()).unwrap();
        let kept =
            [&[0x0a, 3, 0x0a, 1, b'b'][..], &[0x12, 2, 8, 6, 0x12, 2, 8, 5], &[0x1a, 4, 0x12, 2, b'e', b'n']].concat();
        let mut expected = BytesMut::from(&[0x22, 1, b'p'][..]);
        protobuf::put(1, &kept, &mut expected);
        assert_eq!(split, expected);
        assert_eq!(decode_batch(split).unwrap()[0].features.len(), 2);
        assert_eq!(parse_batch(&request_json(JSON.as_bytes(), &remote()).unwrap()).unwrap()[0].features.len(), 2);
    }

    #[test]
    fn what_the_real_api_said_stands_beside_what_was_found_here() {
        let upstream = br#"{"responses":[{"safeSearchAnnotation":{"adult":"VERY_UNLIKELY"},"newField":[1.0]}]}"#;
        let whole = String::from_utf8(answer_json(&local(), upstream, &remote()).unwrap()).unwrap();
        assert_eq!(
            whole,
            r#"{"responses":[{"labelAnnotations":[{"description":"a","score":0.5,"topicality":0.5}]},{"labelAnnotations":[{"description":"b","score":0.5,"topicality":0.5}],"newField":[1.0],"safeSearchAnnotation":{"adult":"VERY_UNLIKELY"}}]}"#
        );
        // responses { safe_search_annotation { adult: 1 } }
        let whole = answer_proto(&local(), Bytes::from_static(&[0x0a, 4, 0x32, 2, 8, 1]), &remote()).unwrap();
        let decoded = BatchAnnotateImagesResponse::decode(whole.clone()).unwrap();
        assert_eq!(decoded, local());
        assert_eq!(whole.windows(4).filter(|bytes| **bytes == [0x32, 2, 8, 1]).count(), 1);
    }

    #[test]
    fn an_answer_for_other_images_is_none() {
        assert_eq!(answer_json(&local(), br#"{"responses":[]}"#, &remote()), None);
        assert_eq!(answer_json(&local(), b"<html>", &remote()), None);
        assert_eq!(answer_proto(&local(), Bytes::new(), &remote()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_split_and_merged_or_refused(bytes: Vec<u8>) {
            let message = Bytes::from(bytes);
            let _ = request_proto(message.clone(), &remote());
            let _ = request_json(&message, &remote());
            let _ = answer_json(&local(), &message, &remote());
            let _ = answer_proto(&local(), message, &remote());
        }
    }
}
