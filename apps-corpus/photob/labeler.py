from google.cloud import vision_v1


class Labeler:
    """The Vision API, opened when the first photo needs it."""

    def __init__(self):
        self._client = None

    @property
    def client(self):
        if self._client is None:
            self._client = vision_v1.ImageAnnotatorClient()
        return self._client

    def describe(self, photo):
        with open(photo, "rb") as file:
            image = vision_v1.Image(content=file.read())
        response = self.client.label_detection(image=image)
        if response.error.message:
            raise IOError(f"{photo}: {response.error.message}")
        return [(label.description, label.score) for label in response.label_annotations]
