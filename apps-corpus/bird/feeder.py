"""Peanuts for cigarette butts.

The crows in our yard get a peanut for every butt they drop on the tray. To get them
started the feeder is generous: a bird on the perch is already worth one.

    python feeder.py /var/lib/motion          # the folder motion(1) writes its snapshots to
    python feeder.py --once snapshot.jpg
"""
import sys
import time
from pathlib import Path

from google.cloud import vision

REWARDED = ["Bird", "Tobacco products", "Tobacco", "Cigarette", "Smoking"]


class Feeder:
    PAUSE = 20  # seconds, or they learn to just hop up and down

    def __init__(self, tray, dispense):
        self.tray = Path(tray)
        self.dispense = dispense
        self.vision = vision.ImageAnnotatorClient()
        self.last_drop = float("-inf")

    def labels(self, snapshot):
        image = vision.Image(content=Path(snapshot).read_bytes())
        response = self.vision.label_detection(image=image)
        if response.error.message:
            print("vision:", response.error.message, file=sys.stderr)
        return [annotation.description for annotation in response.label_annotations]

    def deserves_peanut(self, snapshot):
        return any(name in REWARDED for name in self.labels(snapshot))

    def look(self, snapshot):
        if time.monotonic() - self.last_drop < self.PAUSE:
            return
        if self.deserves_peanut(snapshot):
            self.dispense()
            self.last_drop = time.monotonic()

    def watch(self):
        seen = set(self.tray.glob("*.jpg"))
        while True:
            for snapshot in sorted(set(self.tray.glob("*.jpg")) - seen):
                self.look(snapshot)
                seen.add(snapshot)
            time.sleep(1)


def dispense():
    # the relay of the seed wheel hangs on GPIO 17 of the Pi; elsewhere just say so
    wheel = Path("/sys/class/gpio/gpio17/value")
    if wheel.exists():
        wheel.write_text("1")
        time.sleep(0.3)
        wheel.write_text("0")
    print("peanut!")


def main(arguments):
    if arguments[:1] == ["--once"]:
        snapshot = Path(arguments[1])
        verdict = Feeder(snapshot.parent, dispense).deserves_peanut(snapshot)
        print("peanut" if verdict else "nothing")
    elif len(arguments) == 1:
        Feeder(arguments[0], dispense).watch()
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
