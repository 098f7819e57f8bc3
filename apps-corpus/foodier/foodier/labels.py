import io

from google.cloud import vision
from google.cloud.vision import types


def labels_of(path):
    """What the Vision API sees on the photo, best first."""
    with io.open(path, 'rb') as photo:
        image = types.Image(content=photo.read())

    response = vision.ImageAnnotatorClient().label_detection(image=image)
    return [annotation.description for annotation in response.label_annotations]
