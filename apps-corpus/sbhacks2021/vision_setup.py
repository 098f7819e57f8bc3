"""Everything that talks to Cloud Vision."""
import io

from google.cloud import vision


def count_authorized(path):
    """How many people are in the room when the alarm is armed."""
    client = vision.ImageAnnotatorClient()
    with io.open(path, 'rb') as f:
        image = vision.Image(content=f.read())

    people = 0
    for obj in client.object_localization(image=image).localized_object_annotations:
        if obj.name == 'Person':
            people += 1
    return people


def detect_objects(path, authorized, draw=None):
    """True if somebody is in `path` who should not be, or if everybody has left."""
    client = vision.ImageAnnotatorClient()
    with io.open(path, 'rb') as f:
        image = vision.Image(content=f.read())
    objects = client.object_localization(image=image).localized_object_annotations

    people = 0
    for obj in objects:
        if obj.name == 'Person':
            people += 1
            if draw is not None:
                draw([(v.x, v.y) for v in obj.bounding_poly.normalized_vertices])

    intruder = False
    if people > authorized:
        intruder = True
    elif people == 0 and authorized > 0:
        intruder = True
    return intruder
