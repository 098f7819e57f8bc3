#!/usr/bin/env python3
"""Verlan teaches children the animals backwards: show it a dog and it says "god".

usage: verlan.py picture [picture ...]
"""

import argparse

from google.cloud import vision

ANIMALS = ("dog", "cat", "cow", "bear")


class Verlan:
    def __init__(self, client=None):
        self.client = client or vision.ImageAnnotatorClient()

    def objects(self, picture):
        with open(picture, "rb") as f:
            image = vision.Image(content=f.read())
        return self.client.object_localization(image=image).localized_object_annotations

    def say(self, picture):
        """The animals of a picture, each spelt backwards, in the order they were seen."""
        words = []
        for thing in self.objects(picture):
            name = thing.name.lower()
            if name in ANIMALS:
                words.append(name[::-1])
        return words


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("picture", nargs="+")
    verlan = Verlan()
    for picture in parser.parse_args().picture:
        print(" ".join(verlan.say(picture)) or "...")


if __name__ == "__main__":
    main()
