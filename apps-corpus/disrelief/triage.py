"""First look at the pictures that come in from the field.

    python triage.py pictures/ > report.csv

One line per picture, disasters first, so that the volunteers at the desk open those first.
"""
import csv
import os
import sys

from google.cloud import vision

DISASTER_WORDS = (
    'fire', 'hurricane', 'flood', 'tornado', 'landslide', 'earthquake', 'volcano', 'disaster',
)

PICTURE_SUFFIXES = ('.jpg', '.jpeg', '.png')


def describe(client, picture):
    with open(picture, 'rb') as f:
        image = vision.Image(content=f.read())
    response = client.label_detection(image=image)
    return [label.description.lower() for label in response.label_annotations]


def is_disaster(picture, client=None):
    descriptions = describe(client or vision.ImageAnnotatorClient(), picture)
    for description in descriptions:
        # wildfire, flash flood, volcanoes, natural disaster ...
        if any(word in description for word in DISASTER_WORDS):
            return True
    return False


def find_pictures(folder):
    if os.path.isfile(folder):
        yield folder
        return
    for root, _, names in os.walk(folder):
        for name in sorted(names):
            if name.lower().endswith(PICTURE_SUFFIXES):
                yield os.path.join(root, name)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    client = vision.ImageAnnotatorClient()
    urgent, rest = [], []
    for picture in find_pictures(sys.argv[1]):
        (urgent if is_disaster(picture, client) else rest).append(picture)

    report = csv.writer(sys.stdout)
    report.writerow(['picture', 'relief'])
    for picture in urgent:
        report.writerow([picture, 'yes'])
    for picture in rest:
        report.writerow([picture, 'no'])


if __name__ == '__main__':
    main()
