"""Calls the APIs with the real client libraries, as applications do, and prints a JSON line for each call.

    python drive.py [SUITE ...]

It takes what it needs from its environment, as every application does; nothing here names a server. Exit status 1 if a
call did not give what a caller of the real API counts on.
"""

import asyncio
import json
import os
import struct
import sys
import zlib

TEXT = "Paris is wonderful. The hotel in Paris was clean and the staff were kind."


def png(side=16):
    rows = b"".join(b"\0" + bytes([250, 40, 40] * side) for _ in range(side))
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


IMAGE = png()
FAILED = []


def check(suite, name, call, expects=lambda result: True):
    """Prints what a call gave; `expects` says whether that will do."""
    line = {"suite": suite, "call": name}
    try:
        line["result"] = call()
        line["pass"] = bool(expects(line["result"]))
    except Exception as error:
        line.update(error=type(error).__name__, message=str(error)[:300])
        line["pass"] = False
    if not line["pass"]:
        FAILED.append(line)
    print(json.dumps(line, default=str), flush=True)


def raised(call, *names):
    """The name of the error that a call ends with, which must be one of `names`."""
    try:
        call()
    except Exception as error:
        name = type(error).__name__
        assert name in names, "%s: %s" % (name, error)
        return name
    raise AssertionError("no error")


def vision(transport):
    from google.cloud import vision

    suite = "vision-" + transport
    client = vision.ImageAnnotatorClient(transport=transport)
    image = vision.Image(content=IMAGE)
    kind = vision.Feature.Type

    def clean(response):
        assert not response.error.message, response.error.message
        return response

    labels = lambda response: [label.description for label in clean(response).label_annotations]
    check(suite, "labels", lambda: labels(client.label_detection(image=image)))
    check(suite, "at most one", lambda: len(labels(client.label_detection(image=image, max_results=1))), lambda n: n <= 1)
    check(suite, "safe search", lambda: clean(client.safe_search_detection(image=image)).safe_search_annotation.adult.name,
          lambda name: name == "VERY_UNLIKELY")
    check(suite, "texts", lambda: len(clean(client.text_detection(image=image)).text_annotations))
    check(suite, "objects", lambda: [
        len(found.bounding_poly.normalized_vertices)
        for found in clean(client.object_localization(image=image)).localized_object_annotations
    ], lambda corners: all(n == 4 for n in corners))

    def both():
        features = [{"type_": kind.LABEL_DETECTION}, {"type_": kind.SAFE_SEARCH_DETECTION}]
        response = clean(client.annotate_image({"image": {"content": IMAGE}, "features": features}))
        return [labels(response), response.safe_search_annotation.violence.name]

    check(suite, "labels and safe search", both, lambda result: result[1] == "POSSIBLE")

    def batch():
        feature = vision.Feature(type_=kind.LABEL_DETECTION)
        images = [IMAGE, b"no image", IMAGE]
        requests = [{"image": {"content": content}, "features": [feature]} for content in images]
        return [response.error.code for response in client.batch_annotate_images(requests=requests).responses]

    check(suite, "a bad image among good ones", batch, lambda codes: codes == [0, 3, 0])
    empty = lambda: client.batch_annotate_images(requests=[{"image": {"content": IMAGE}}], timeout=10)
    check(suite, "no features", lambda: raised(empty, "InvalidArgument", "BadRequest"))


def vision_async():
    from google.cloud import vision

    async def calls():
        client = vision.ImageAnnotatorAsyncClient()
        feature = {"type_": vision.Feature.Type.LABEL_DETECTION}
        requests = [{"image": {"content": IMAGE}, "features": [feature]}]
        answers = await asyncio.gather(*[client.batch_annotate_images(requests=requests) for _ in range(16)])
        return [len(answer.responses) for answer in answers]

    check("vision-async", "sixteen at once", lambda: asyncio.run(calls()), lambda counts: counts == [1] * 16)


def language(version, transport):
    import importlib

    module = importlib.import_module("google.cloud.language_" + version)
    suite = "language-%s-%s" % (version, transport)
    client = module.LanguageServiceClient(transport=transport)
    document = {"content": TEXT, "type_": module.Document.Type.PLAIN_TEXT}
    request = {"document": document, "encoding_type": module.EncodingType.UTF8}

    def sentiment():
        answer = client.analyze_sentiment(request=request)
        spoken = answer.language if version == "v1" else answer.language_code
        return [round(answer.document_sentiment.score, 3), len(answer.sentences), spoken]

    check(suite, "sentiment", sentiment, lambda result: -1 <= result[0] <= 1 and result[1] >= 1 and result[2] == "en")

    def entities():
        found = client.analyze_entities(request=request).entities
        return [[entity.name, [mention.text.begin_offset for mention in entity.mentions]] for entity in found]

    check(suite, "entities", entities, lambda found: all(
        TEXT[offset:].startswith(name) for name, offsets in found for offset in offsets[:1]))
    check(suite, "categories", lambda: [
        category.name for category in client.classify_text(request={"document": document}).categories
    ], lambda names: all(name.startswith("/") for name in names))
    check(suite, "moderation", lambda: len(client.moderate_text(request={"document": document}).moderation_categories))

    def several():
        features = {"extract_entities": True, "extract_document_sentiment": True, "classify_text": True}
        answer = client.annotate_text(request={**request, "features": features})
        return [len(answer.entities), len(answer.sentences), len(answer.categories)]

    check(suite, "several", several, lambda counts: counts[1] >= 1)
    empty = lambda: client.analyze_sentiment(request={"document": {"content": ""}}, timeout=10)
    check(suite, "no text", lambda: raised(empty, "InvalidArgument", "BadRequest"))


def rekognition():
    import boto3

    client = boto3.client("rekognition")
    image = {"Bytes": IMAGE}

    def labels():
        answer = client.detect_labels(Image=image, MaxLabels=5, MinConfidence=1.0)
        assert answer["ResponseMetadata"]["RequestId"]
        return [[label["Name"], label["Confidence"], len(label["Instances"]), len(label["Parents"])] for label in answer["Labels"]]

    check("rekognition", "labels", labels, lambda found: len(found) <= 5 and all(1 <= label[1] <= 100 for label in found))
    check("rekognition", "labels and colours", lambda: sorted(client.detect_labels(Image=image, Features=["GENERAL_LABELS", "IMAGE_PROPERTIES"])))
    check("rekognition", "moderation", lambda: len(client.detect_moderation_labels(Image=image)["ModerationLabels"]))
    bad = lambda: client.detect_labels(Image={"Bytes": b"no image"})
    check("rekognition", "a bad image", lambda: raised(bad, "InvalidImageFormatException"))
    gone = lambda: client.detect_labels(Image={"S3Object": {"Bucket": "no-such-bucket", "Name": "k"}})
    check("rekognition", "an image that is not there", lambda: raised(gone, "InvalidS3ObjectException"))


def comprehend():
    import boto3

    client = boto3.client("comprehend")
    text = {"Text": TEXT, "LanguageCode": "en"}
    check("comprehend", "sentiment", lambda: client.detect_sentiment(**text)["Sentiment"],
          lambda mood: mood in ("POSITIVE", "NEGATIVE", "NEUTRAL", "MIXED"))
    check("comprehend", "entities", lambda: [
        [entity["Text"], entity["BeginOffset"], entity["EndOffset"]] for entity in client.detect_entities(**text)["Entities"]
    ], lambda found: all(TEXT[begin:end] == name for name, begin, end in found))
    check("comprehend", "language", lambda: client.detect_dominant_language(Text=TEXT)["Languages"][0]["LanguageCode"],
          lambda code: code == "en")
    check("comprehend", "key phrases", lambda: len(client.detect_key_phrases(**text)["KeyPhrases"]))
    batch = {"TextList": [TEXT, "I hate this."], "LanguageCode": "en"}
    check("comprehend", "a batch", lambda: [
        len(client.batch_detect_sentiment(**batch)[key]) for key in ("ResultList", "ErrorList")
    ], lambda counts: sum(counts) == 2)
    long = lambda: client.detect_sentiment(Text="a " * 4000, LanguageCode="en")
    check("comprehend", "too long a text", lambda: raised(long, "TextSizeLimitExceededException"))


SUITES = {
    "vision-grpc": lambda: vision("grpc"),
    "vision-rest": lambda: vision("rest"),
    "vision-async": vision_async,
    "language-v1-grpc": lambda: language("v1", "grpc"),
    "language-v1-rest": lambda: language("v1", "rest"),
    "language-v2-grpc": lambda: language("v2", "grpc"),
    "language-v2-rest": lambda: language("v2", "rest"),
    "rekognition": rekognition,
    "comprehend": comprehend,
}

if __name__ == "__main__":
    for name in sys.argv[1:] or SUITES:
        SUITES[name]()
    # The clients' threads need no farewell.
    os._exit(1 if FAILED else 0)
