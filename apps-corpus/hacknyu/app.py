"""Inbox of the town hall: python app.py complaint.txt ..."""
import sys
from collections import defaultdict

from gcp_nlp_module.google_nlp import GoogleNLP


def main(paths):
    desks = defaultdict(list)
    nlp = GoogleNLP()
    for path in paths:
        with open(path) as complaint:
            desks[nlp.get_category(complaint.read()) or "front desk"].append(path)
    for desk, letters in sorted(desks.items()):
        print(desk, *letters, sep="\n    ")


if __name__ == "__main__":
    main(sys.argv[1:])
