"""Pixie - which of our CycleGAN styles suits a photo?

We trained one generator per kind of photo; this picks the folder of the generator and
remembers the choice, because the same photo is usually styled more than once.
"""
import io

from google.cloud import vision
from google.cloud.vision import types

# file name -> folder of its style
recognized = {}


def categoryRecognition(file_name):
    global recognized

    client = vision.ImageAnnotatorClient()
    with io.open(file_name, 'rb') as image_file:
        content = image_file.read()
    image = types.Image(content=content)

    response = client.label_detection(image=image)
    labels = response.label_annotations

    for label in labels:
        desc = label.description
        if 'food' in desc:
            recognized[file_name] = 'food'
            return 'style_food'
        if 'girl' in desc or 'boy' in desc or 'man' in desc or 'woman' in desc or 'person' in desc or 'face' in desc:
            recognized[file_name] = 'portrait'
            return 'style_portrait'
        if 'room' in desc or 'indoor' in desc or 'house' in desc or 'furniture' in desc:
            recognized[file_name] = 'room'
            return 'style_room'

    return 'style_not_imported'
