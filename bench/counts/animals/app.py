"""Whether a picture shows a herd: two animals or more."""

import sys

from google.cloud import vision


def look(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    objects = client.object_localization(image=image).localized_object_annotations
    if sum(1 for thing in objects if thing.name == "Animal") >= 2:
        return "herd"
    return "no herd"


if __name__ == "__main__":
    print(look(sys.argv[1]))
