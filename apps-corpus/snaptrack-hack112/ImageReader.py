"""SnapTrack: reads a meal off a photo.

    python ImageReader.py lunch.jpg
"""
import io
import json
import os
import sys
from urllib.parse import urlencode
from urllib.request import urlopen

from google.cloud import vision
from google.cloud.vision import types

USDA = "https://api.nal.usda.gov/fdc/v1/foods/search?"


def nutrition(food):
    """Energy of the best hit in the USDA's database; raises if there is none."""
    key = os.environ.get("USDA_KEY", "DEMO_KEY")
    with urlopen(USDA + urlencode({"query": food, "pageSize": 1, "api_key": key})) as answer:
        hit = json.load(answer)["foods"][0]
    energy = next(n for n in hit["foodNutrients"] if n["unitName"] == "KCAL")
    return {"food": food, "kcal": energy["value"]}


def imageReader(path, lookup=nutrition):

    def detect_labels(path):
        client = vision.ImageAnnotatorClient()
        with io.open(path, "rb") as image_file:
            image = types.Image(content=image_file.read())
        labels = client.label_detection(image=image).label_annotations
        good = []
        for label in labels:
            if label.score > 0.7:
                good.append(label.description)
        return good

    # These hide the word that tells what it is.
    generic = ["dessert", "dish", "fruit"]
    for word in detect_labels(path):
        if word not in generic:
            try:
                return lookup(word)
            except Exception:
                continue
    return None


if __name__ == "__main__":
    meal = imageReader(sys.argv[1])
    if meal is None:
        print("Could not read this one, please type it in.")
    else:
        print("{food}: {kcal} kcal per 100 g".format(**meal))
