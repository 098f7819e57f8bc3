#!/usr/bin/env python3
# Robot lab, project 2: the robot says hello when somebody stands in front of it.
#
# There is no "person" in most answers for a picture taken at belt height, but
# there are always trousers.

import io
import subprocess
import sys

from google.cloud import vision
from google.cloud.vision import types

VISITOR = ['Human face', 'Standing', 'Jacket', 'T-shirt', 'Trousers', 'Jeans', 'Zipper', 'Denim', 'Sleeve']


def get_labels(file_name):
    client = vision.ImageAnnotatorClient()
    with io.open(file_name, 'rb') as image_file:
        content = image_file.read()
    image = types.Image(content=content)
    return client.label_detection(image=image).label_annotations


def visitor_in(file_name):
    return any(label.description in VISITOR for label in get_labels(file_name))


def say(sentence):
    print(sentence)
    try:
        subprocess.call(['espeak', sentence])
    except OSError:
        pass    # a robot without a voice


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit('usage: greeter.py <picture of the head camera>')
    if visitor_in(sys.argv[1]):
        say('Hello! Welcome to the robot lab.')
    else:
        print('nobody there')
