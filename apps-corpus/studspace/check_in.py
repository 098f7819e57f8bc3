"""Check a thing in at the desk: python check_in.py <student number> <picture>"""
import csv
import datetime
import sys

from studspace.shelves import needs_locker


def main(student, picture):
    locked = needs_locker(picture)
    with open("checked_in.csv", "a", newline="") as book:
        csv.writer(book).writerow([datetime.date.today(), student, picture, int(locked)])
    if locked:
        print("Hand it over, it goes behind the mesh.")
    else:
        print("Any open shelf will do.")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
