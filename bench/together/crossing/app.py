"""A camera at a crossing for game: how a driver is to be warned."""

import sys

from google.cloud import vision


def warning(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    labels = [label.description for label in client.label_detection(image=image).label_annotations]
    objects = [thing.name for thing in client.object_localization(image=image).localized_object_annotations]
    if "Animal" in labels and "Vehicle" in objects:
        return "stop"
    if "Animal" in labels:
        return "slow down"
    return "free"


if __name__ == "__main__":
    print(warning(sys.argv[1]))
