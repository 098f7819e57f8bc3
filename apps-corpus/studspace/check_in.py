"""Check a thing in at the desk: python check_in.py <student number> <picture>"""
import csv
import datetime
import sys

from studspace.shelves import needs_locker


def main(student, picture):
    place = "locker" if needs_locker(picture) else "open shelf"
    with open("checked_in.csv", "a", newline="") as book:
        csv.writer(book).writerow([datetime.date.today(), student, picture, place])
    print(f"Put it on the {place}." if place != "locker" else "Hand it over, it goes in the locker.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
