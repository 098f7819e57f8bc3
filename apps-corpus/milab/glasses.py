"""Talking glasses, exercise 3: say what kind of thing is in front of the wearer.

The frame grabber saves a frame and calls:  python glasses.py frame.jpg
The speech process on the other end of the pipe reads one sentence per line.
"""
import sys

from google.cloud import vision
from google.cloud.vision import types

client = vision.ImageAnnotatorClient()

with open(sys.argv[1], 'rb') as frame:
    image = types.Image(content=frame.read())

response = client.label_detection(image=image)

ahead = 'unknown'
for label in response.label_annotations:
    text = label.description.lower()
    if 'sign' in text:
        ahead = 'sign'
    elif 'nature' in text:
        ahead = 'nature'
    elif text == 'car':
        ahead = 'car'

if ahead == 'sign':
    print('There is a sign. Hold still and I will read it to you.')
elif ahead == 'nature':
    print('You are looking at nature.')
elif ahead == 'car':
    print('Careful, a car.')
else:
    print('I do not know what this is.')
