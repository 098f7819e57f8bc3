"""Did the player really do what the quest asked for?

Every proof is a photo; the player's code has to be written on a piece of paper in it.
"""
import json

from google.cloud import vision


def json_response(**answer):
    return json.dumps(answer)


def read_code(client, image):
    return client.text_detection(image=image).full_text_annotation.text


def verifyApple(proof):
    client = vision.ImageAnnotatorClient()
    image = vision.types.Image(content=proof)

    labels = client.label_detection(image=image).label_annotations
    if "Fruit" not in [label.description for label in labels]:
        return json_response(verified=False)

    return json_response(verified=True, code=read_code(client, image))


def verifyVideo(proof):
    """A call with a friend: there must be two faces on the screenshot."""
    client = vision.ImageAnnotatorClient()
    image = vision.types.Image(content=proof)

    faces = client.face_detection(image=image).face_annotations
    if len(faces) < 2:
        return json_response(verified=False)

    return json_response(verified=True, code=read_code(client, image))


def verifyBook(proof):
    client = vision.ImageAnnotatorClient()
    image = vision.types.Image(content=proof)

    labels = client.label_detection(image=image).label_annotations
    if "Illustration" not in [label.description for label in labels]:
        return json_response(verified=False)

    return json_response(verified=True, code=read_code(client, image))
