import io
import sys

# Imports the Google Cloud client library
from google.cloud import vision
from google.cloud.vision import types


def detect_labels(path):
    client = vision.ImageAnnotatorClient()
    with io.open(path, 'rb') as image_file:
        content = image_file.read()
    image = types.Image(content=content)
    response = client.label_detection(image=image)
    labels = response.label_annotations
    tags = []
    for label in labels:
        tags.append(label.description)
    return tags


#          spaghetti, beans, naan
def finalprint(path):
    ingredients = [0, 0, 0]
    tags = detect_labels(path)
    for tag in tags:
        if tag == "Spaghetti":
            ingredients[0] = 1
        if tag == "Bean":
            ingredients[1] = 1
        if tag == "Naan":
            ingredients[2] = 1
    return ingredients


if __name__ == '__main__':
    print(finalprint(sys.argv[1]))
