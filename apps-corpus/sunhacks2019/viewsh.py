from google.cloud import vision
from google.cloud.vision import types

PERSON = "Person"
CHAIR = "Chair"
TABLE = "Table"


class ViewsH:
    """What a blind person walking through a room has to know about."""

    @staticmethod
    def localize_byte_input(content):
        client = vision.ImageAnnotatorClient()
        image = types.Image(content=content)
        objects = client.object_localization(image=image).localized_object_annotations

        found = []
        for item in objects:
            if item.name != PERSON and item.name != CHAIR and item.name != TABLE:
                continue
            x = item.bounding_poly.normalized_vertices[0].x
            if x <= 0.4:
                position = "left"
            elif x >= 0.7:
                position = "right"
            else:
                position = "centre"
            found.append({"type": item.name, "position": position})
        return found
