"""Quarantine quests from the command line: python manage.py apple|video|book proof.jpg"""
import sys

from verification import views

QUESTS = {"apple": views.verifyApple, "video": views.verifyVideo, "book": views.verifyBook}


def main(quest, path):
    with open(path, "rb") as proof:
        print(QUESTS[quest](proof.read()))


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in QUESTS:
        sys.exit(__doc__)
    main(*sys.argv[1:])
