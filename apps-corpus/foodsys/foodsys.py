#!/usr/bin/env python3
"""A day's diary from the pictures somebody took that day.

usage: foodsys.py breakfast.jpg gym.jpg dinner.jpg ...
"""
import argparse
import pathlib

from google.cloud import vision

from groups import GROUPS

POINTS = {"treat": -2, "meal": 1, "fresh": 3, "vice": -5, "sport": 4}


def detect(path):
    client = vision.ImageAnnotatorClient()
    image = vision.Image(content=pathlib.Path(path).read_bytes())
    return client.label_detection(image=image).label_annotations


def entries(path):
    """The kinds of entry that one picture makes in the diary."""
    hits = {"treat": 0, "meal": 0, "fresh": 0, "vice": 0, "sport": 0}
    for label in detect(path):
        for kind, words in GROUPS.items():
            if label.description in words:
                hits[kind] += 1
    return [kind for kind in hits if hits[kind] > 0]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="+")
    total = 0
    for picture in parser.parse_args().pictures:
        kinds = entries(picture)
        points = sum(POINTS[kind] for kind in kinds)
        total += points
        print(f"{picture:30} {points:+3d}  {', '.join(kinds) or '-'}")
    print(f"{'today':30} {total:+3d}")


if __name__ == "__main__":
    main()
