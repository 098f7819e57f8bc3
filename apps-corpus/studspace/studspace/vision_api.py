"""The only module that talks to Google."""
from typing import Iterator

from google.cloud import vision


class LabelDetector:
    def __init__(self) -> None:
        self._client = vision.ImageAnnotatorClient()

    def labels(self, path: str) -> Iterator[str]:
        with open(path, "rb") as picture:
            response = self._client.label_detection(image=picture)
        for annotation in response.label_annotations:
            yield annotation.description
