"""A camera trap: is there an animal on the picture, as a whole or somewhere in it?"""

import sys

from google.cloud import vision


def is_worth_keeping(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    labels = client.label_detection(image=image).label_annotations
    objects = client.object_localization(image=image).localized_object_annotations
    found = [label.description for label in labels] + [thing.name for thing in objects]
    return "Animal" in found


if __name__ == "__main__":
    print(is_worth_keeping(sys.argv[1]))
