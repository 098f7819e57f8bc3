"""Are you dressed? One photo per garment, and you learn what is still missing.

    python outfit.py tee.jpg jeans.jpg
"""

from __future__ import print_function

import sys

from google.cloud import vision
from google.cloud.vision import types

# Shirts come before jackets, so a "Shirt jacket" stays a shirt.
SLOTS = [
    ('top', ['shirt', 'sleeve']),
    ('layer', ['outerwear', 'jacket', 'sweater']),
    ('bottom', ['pants', 'trousers', 'jeans', 'leg', 'skirt', 'short']),
    ('shoes', ['shoe', 'footwear', 'boots', 'heels', 'training']),
]
REQUIRED = ['top', 'bottom', 'shoes']


def slot_for(description):
    text = description.lower()
    for slot, parts in SLOTS:
        if any(part in text for part in parts):
            return slot
    return None


class Outfit(object):

    def __init__(self, client=None):
        self.client = client or vision.ImageAnnotatorClient()
        self.worn = {}

    def recognize(self, photo):
        """The slot of the garment on a photo: the first label that says so decides."""
        with open(photo, 'rb') as f:
            image = types.Image(content=f.read())
        for label in self.client.label_detection(image=image).label_annotations:
            slot = slot_for(label.description)
            if slot is not None:
                return slot
        return 'accessory'

    def put_on(self, photo):
        slot = self.recognize(photo)
        self.worn.setdefault(slot, []).append(photo)
        return slot

    def missing(self):
        return [slot for slot in REQUIRED if slot not in self.worn]


def main():
    outfit = Outfit()
    for photo in sys.argv[1:]:
        print('%-20s %s' % (photo, outfit.put_on(photo)))
    if outfit.missing():
        print('You cannot go to class without: ' + ', '.join(outfit.missing()))
    elif 'layer' not in outfit.worn:
        print('Dressed, but this is Toronto. Take a jacket.')
    else:
        print('Dressed.')


if __name__ == '__main__':
    main()
