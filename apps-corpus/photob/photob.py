"""photob: lays out a photo book, one chapter per subject.

    python photob.py holiday/*.jpg
"""
import sys
from collections import defaultdict

from labeler import Labeler
from library import Library

ANIMALS = {
    "Mammal", "Bird", "Insect", "Invertebrate", "Amphibian", "Reptile", "Fish",
    "Carnivore", "Marine invertebrates",
}
PEOPLE = {
    "Skin", "Lip", "Glasses", "Human hair", "Human face", "Human eye", "Human hand",
    "Human foot", "Human head", "Human nose",
}
PLANTS = {"Flower", "Plant"}


def chapter(library, photo, labeler=None):
    """The chapter that a photo goes to."""
    if not library.knows(photo):
        labeler = labeler or Labeler()
        library.remember(photo, labeler.describe(photo))

    labels = library.labels(photo)
    if not labels.isdisjoint(ANIMALS):
        return "Animals"
    elif not labels.isdisjoint(PEOPLE):
        return "People"
    elif not labels.isdisjoint(PLANTS):
        return "In the garden"
    return "Places and things"


def main(photos):
    library, labeler = Library(), Labeler()
    book = defaultdict(list)
    for photo in photos:
        book[chapter(library, photo, labeler)].append(photo)
    page = 1
    for title in sorted(book):
        print(f"{title} (from page {page})")
        for photo in book[title]:
            print(f"    {photo}")
        page += (len(book[title]) + 3) // 4  # four photos on a page


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
