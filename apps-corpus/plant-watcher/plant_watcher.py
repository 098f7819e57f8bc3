"""Files the pictures of the balcony camera.

Every picture goes to `all`. The camera is knocked over by the wind a lot and then films the
sky, so pictures that really show the plants also go to `correct`, from which the time lapse
is made.

usage: plant_watcher.py ALBUM PICTURE [PICTURE ...]
"""
import logging
import sys

import vision
from storage import Album

log = logging.getLogger("plant_watcher")

PLANT_LABELS = ["flowerpot", "houseplant", "plant", "bonsai", "wood"]


def upload_files(file_paths, album):
    for file_path in file_paths:
        album.put(file_path, "all")

        for label in vision.get_labels(file_path):
            log.debug("%s: %s %.2f", file_path, label.description, label.score)
            if label.description in PLANT_LABELS:
                album.put(file_path, "correct")
                break


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    logging.basicConfig(level=logging.INFO)
    upload_files(sys.argv[2:], Album(sys.argv[1]))


if __name__ == "__main__":
    main()
