"""Builds the location table of the game from a CSV of photographs.

    python construct_data.py photos.csv locations.db      # CSV with a header: image,lat,lon
    python construct_data.py photo.jpg                    # only tell the category
"""
import csv
import sys

from lib import locations
from lib.g_vision_api_labels import detect_labels

MONUMENT_LABELS = [
    'landmark', 'sculpture', 'monument', 'statue', 'fountain', 'ancient history',
    'tourist attraction', 'memorial', 'stone carving', 'rock',
]
CONSTRUCTION_LABELS = ['building', 'estate', 'mansion', 'fortification', 'castle', 'tower']
PERSON_LABELS = ['human', 'person', 'gentleman', 'lady', 'portrait']


def location_image_labeling(location):
    """Fills in the category of a location from its image."""
    labels = detect_labels(location['image'])
    keys = labels.keys()

    if any(key in MONUMENT_LABELS for key in keys):
        location['category'] = 'monument'
    elif any(key in CONSTRUCTION_LABELS for key in keys):
        location['category'] = 'construction'
    elif any(key in PERSON_LABELS for key in keys):
        location['category'] = 'person'
    else:
        location['category'] = 'not found'
    return location


def extract(filename):
    with open(filename, newline='') as f:
        for row in csv.DictReader(f):
            yield {'image': row['image'], 'lat': float(row['lat']), 'lon': float(row['lon'])}


def main(argv):
    if len(argv) == 2:
        location = location_image_labeling({'image': argv[1]})
        print('%s: %s' % (location['image'], location['category']))
        return
    _, source, target = argv
    db = locations.open_store(target)
    for location in extract(source):
        locations.save(db, location_image_labeling(location))


if __name__ == '__main__':
    main(sys.argv)
