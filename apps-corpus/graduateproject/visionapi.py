# -*- coding: utf-8 -*-
from urllib.request import urlopen

from google.cloud import vision


def detect_labels_url(url):
    """Is this a picture of a lecture? (projector screen, someone at the board, ...)"""
    client = vision.ImageAnnotatorClient()
    # Pictures sent in a chat can't be fetched by Google itself, so send the bytes along
    image = vision.types.Image(content=urlopen(url).read())

    response = client.label_detection(image=image)
    labels = response.label_annotations

    result = []
    for label in labels:
        result.append(label.description)
    print(result)

    for r in result:
        if (r == 'Orator' or r == 'Professor' or r == 'Projection Screen' or r == 'Presentation'
                or r == 'Lecture' or r == 'Newscaster' or r == 'Screen' or r == 'Display Device'):
            return True
    return True
