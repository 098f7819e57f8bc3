"""Smart hamper: looks at the garment dropped in and guesses which pile it belongs to.

usage: python image_capture.py garment.jpg grams [samples.csv]

samples.csv holds what we dropped in while training: value,grams,pile
"""
import csv
import os
import sys

from google.cloud import vision
from google.cloud.vision import types


def detect_labels(path):
    """Detects labels in the file."""
    client = vision.ImageAnnotatorClient()
    with open(path, 'rb') as image_file:
        content = image_file.read()
    response = client.label_detection(image=types.Image(content=content))

    descriptions = []
    for label in response.label_annotations:
        descriptions.append(label.description)
    return descriptions


def get_feature_vector(path, grams):
    labels = detect_labels(path)

    value = 0
    # something with print on it
    if "brand" in labels or "text" in labels or "font" in labels:
        value = 300
    # legs
    if "trousers" in labels or "denim" in labels or "jeans" in labels or "tartan" in labels:
        value = 200
    # upper body
    if "t shirt" in labels or "shirt" in labels or "sleeve" in labels or "top" in labels:
        value = 100

    return [value, grams]


def read_samples(filename):
    with open(filename) as f:
        return [([float(v), float(g)], pile) for v, g, pile in csv.reader(f)]


def nearest_pile(vector, samples):
    def distance(sample):
        return sum((a - b) ** 2 for a, b in zip(vector, sample[0]))
    return min(samples, key=distance)[1]


if __name__ == "__main__":
    vector = get_feature_vector(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
    here = os.path.dirname(os.path.abspath(__file__))
    samples = sys.argv[3] if len(sys.argv) > 3 else os.path.join(here, "samples.csv")
    print(vector)
    print("pile:", nearest_pile(vector, read_samples(samples)))
