"""Thin wrapper over the Vision API."""
from google.cloud import vision

_client = None


def _get_client():
    global _client
    if _client is None:
        _client = vision.ImageAnnotatorClient()
    return _client


def get_labels(file_path):
    with open(file_path, "rb") as f:
        image = vision.Image(content=f.read())
    response = _get_client().label_detection(image=image)
    return response.label_annotations
