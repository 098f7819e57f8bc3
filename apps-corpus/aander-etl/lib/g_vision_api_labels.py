import io

from google.cloud import vision
from google.cloud.vision import types


def detect_labels(path):
    """Returns {description: score} for the image file at path."""
    client = vision.ImageAnnotatorClient()

    with io.open(path, 'rb') as image_file:
        content = image_file.read()

    image = types.Image(content=content)
    labels = client.label_detection(image=image).label_annotations

    descriptions = [label.description for label in labels]
    scores = [label.score for label in labels]
    return dict(zip(descriptions, scores))
