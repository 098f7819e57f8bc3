"""How full it is: nobody, somebody, or a crowd of three or more."""

import sys

from google.cloud import vision


def look(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    objects = client.object_localization(image=image).localized_object_annotations
    n = len([thing for thing in objects if thing.name == "Person"])
    if n >= 3:
        return "crowd"
    elif n >= 1:
        return "some"
    return "nobody"


if __name__ == "__main__":
    print(look(sys.argv[1]))
