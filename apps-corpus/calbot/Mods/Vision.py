"""Google's eyes."""
from google.cloud import vision
from google.cloud.vision import types


def detect_labels(path):
    """The label annotations of an image file."""
    client = vision.ImageAnnotatorClient()

    with open(path, 'rb') as image_file:
        content = image_file.read()

    response = client.label_detection(image=types.Image(content=content))
    return response.label_annotations
