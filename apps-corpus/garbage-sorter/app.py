"""Tells which bin a thing belongs in, from photographs of it.

    python app.py photo.jpg [more.jpg ...]
"""

import sys

from google.cloud import vision

REPLIES = {
    "compost": "Compost it: this goes into the green bin.",
    "recycle": "Recycle it: this goes into the blue bin.",
    "donate": "Donate it: someone can still wear this.",
    "trash": "Sorry, this is trash.",
}


def sort_garbage(client, content):
    """The bin for the thing on a photograph."""
    compost = ["food", "snack", "produce"]
    recycle = ["plastic", "wood", "glass", "paper", "cardboard", "metal", "aluminum", "tin", "carton"]
    donate = ["clothes", "clothing", "shirt", "pants", "jacket", "footwear", "shoe"]

    response = client.label_detection(image=vision.Image(content=content))
    if response.error.message:
        raise RuntimeError(response.error.message)
    descriptions = []
    for label in response.label_annotations:
        descriptions.append(label.description)

    for description in descriptions:
        kind = description.split()[0].lower()
        if kind in compost:
            return "compost"
        elif kind in recycle:
            return "recycle"
        elif kind in donate:
            return "donate"
    return "trash"


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    client = vision.ImageAnnotatorClient()
    for path in sys.argv[1:]:
        with open(path, "rb") as photo:
            print(path + ": " + REPLIES[sort_garbage(client, photo.read())])


if __name__ == "__main__":
    main()
