"""The road ahead: empty, one vehicle, or traffic."""

import sys

from google.cloud import vision


def look(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    objects = client.object_localization(image=image).localized_object_annotations
    vehicles = 0
    for thing in objects:
        if thing.name == "Vehicle":
            vehicles += 1
    if vehicles == 0:
        return "empty"
    return "one vehicle" if vehicles == 1 else "traffic"


if __name__ == "__main__":
    print(look(sys.argv[1]))
