"""Calls the APIs with the oldest client libraries of Google that still install, as applications of their time do, and
prints a JSON line for each call.

    python drive_oldest.py

It takes what it needs from its environment. Exit status 1 if a call did not give what a caller of the real API counts on.
"""

import os

from drive import FAILED, IMAGE, TEXT, check, raised
from google.cloud import language, vision


def images():
    client = vision.ImageAnnotatorClient()
    image = vision.types.Image(content=IMAGE)
    kind = vision.enums.Feature.Type
    labels = lambda response: [label.description for label in response.label_annotations]
    check("vision", "labels", lambda: labels(client.label_detection(image=image)))
    check("vision", "what no model answers", lambda: client.safe_search_detection(image=image).error.code,
          lambda code: code == 12)

    def batch():
        requests = [{"image": {"content": content}, "features": [{"type": kind.LABEL_DETECTION}]}
                    for content in (IMAGE, b"no image")]
        return [response.error.code for response in client.batch_annotate_images(requests).responses]

    check("vision", "a bad image beside a good one", batch, lambda codes: codes == [0, 3])


def texts():
    client = language.LanguageServiceClient()
    document = language.types.Document(content=TEXT, type=language.enums.Document.Type.PLAIN_TEXT)

    def sentiment():
        answer = client.analyze_sentiment(document)
        return [round(answer.document_sentiment.score, 3), len(answer.sentences), answer.language]

    check("language", "sentiment", sentiment, lambda result: -1 <= result[0] <= 1 and result[1] >= 1 and result[2] == "en")
    check("language", "entities", lambda: [
        [entity.name, entity.mentions[0].text.begin_offset]
        for entity in client.analyze_entities(document, encoding_type=language.enums.EncodingType.UTF32).entities
    ], lambda found: all(TEXT[offset:].startswith(name) for name, offset in found))
    check("language", "categories", lambda: [category.name for category in client.classify_text(document).categories],
          lambda names: all(name.startswith("/") for name in names))
    empty = language.types.Document(content="")
    check("language", "no text", lambda: raised(lambda: client.analyze_sentiment(empty), "InvalidArgument"))


images()
texts()
# The clients' threads need no farewell.
os._exit(1 if FAILED else 0)
