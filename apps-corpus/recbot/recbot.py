"""RecBot, the arm at the end of the canteen's tray belt.

It photographs whatever lies under it and drops it to the left (general waste)
or to the right (recycling). What it cannot place stays where it is, and the
lamp asks a human to have a look.
"""
import argparse
import sys

from google.cloud import vision

GENERAL = [
    "food", "bread", "pizza", "coffee", "chip", "porcelain", "coffee cup", "plastic bag",
]
RECYCLING = [
    "tin", "paper", "magazine", "carton", "cardboard", "book", "box", "letter", "envelope",
    "cup", "text",
]


class SerialArm:
    """A servo behind a serial line which takes one angle a line."""

    def __init__(self, port):
        self.port = port

    def turn(self, degrees):
        with open(self.port, "w") as line:
            line.write(f"{degrees}\n")


class DryArm:
    def turn(self, degrees):
        print(f"arm: {degrees:+d} degrees", file=sys.stderr)


class RecBot:
    ANGLES = {"general": -60, "recycling": 60}

    def __init__(self, arm=None):
        self.arm = arm or DryArm()
        self.vision = vision.ImageAnnotatorClient()

    def _names(self, picture):
        response = self.vision.label_detection(image=vision.Image(content=picture))
        return [label.description.lower() for label in response.label_annotations]

    def classify(self, picture):
        """Return "general", "recycling" or, if nothing is recognised, "ask"."""
        for name in self._names(picture):
            if name in GENERAL:
                return "general"
            if name in RECYCLING:
                return "recycling"
        return "ask"

    def handle(self, picture):
        kind = self.classify(picture)
        if kind in self.ANGLES:
            self.arm.turn(self.ANGLES[kind])
            self.arm.turn(0)
        return kind


def main():
    parser = argparse.ArgumentParser(description="Sort one thing off the belt.")
    parser.add_argument("picture", type=argparse.FileType("rb"))
    parser.add_argument("--port", help="serial port of the arm, such as /dev/ttyUSB0")
    options = parser.parse_args()
    bot = RecBot(SerialArm(options.port) if options.port else None)
    print(bot.handle(options.picture.read()))


if __name__ == "__main__":
    main()
