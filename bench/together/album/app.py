"""Which album a photo goes into: by what it is about, and else by who is on it."""

import sys

from google.cloud import vision


def album(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    labels = [label.description for label in client.label_detection(image=image).label_annotations]
    if "Food" in labels:
        return "kitchen"
    if "Animal" in labels:
        return "pets"
    objects = client.object_localization(image=image).localized_object_annotations
    if any(thing.name == "Person" for thing in objects):
        return "family"
    return "others"


if __name__ == "__main__":
    print(album(sys.argv[1]))
