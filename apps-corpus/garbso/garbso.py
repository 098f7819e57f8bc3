"""garbso - which bin is it?

    $ python garbso.py yoghurt.jpg
    yoghurt.jpg: recycling (rinse it first)

Needs GOOGLE_APPLICATION_CREDENTIALS.
"""
import sys

from google.cloud import vision

ORGANIC = {"food", "snack", "produce"}
TEXTILES = {"clothing", "shirt", "jacket", "footwear", "shoe"}
RECYCLABLE = {"paper", "glass", "carton", "cardboard", "tin", "metal", "plastic"}

ADVICE = {
    "organic": "no bags, please, not even the ones that say compostable",
    "textiles": "washed, shoes tied together in pairs",
    "recycling": "rinse it first",
    "residual": "nobody has found a use for it yet",
}


def words_about(filename):
    """All the single words in the labels of a photo, in lower case."""
    with open(filename, "rb") as photo:
        answer = vision.ImageAnnotatorClient().label_detection({"content": photo.read()})
    if answer.error.message:
        raise RuntimeError(answer.error.message)
    words = set()
    for label in answer.label_annotations:
        words.update(label.description.lower().split())
    return words


def bin_for(filename):
    words = words_about(filename)
    if words & ORGANIC:
        return "organic"
    if words & TEXTILES:
        return "textiles"
    if words & RECYCLABLE:
        return "recycling"
    return "residual"


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for filename in sys.argv[1:]:
        target = bin_for(filename)
        print(f"{filename}: {target} ({ADVICE[target]})")
