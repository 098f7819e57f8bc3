import csv
import os
import random

BOOKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "books.tsv")

SORRY = [
    "Hmm, that one is not on my shelves.",
    "I only speak book. Try telling me more.",
    "Even the librarian is puzzled.",
]


def rows():
    with open(BOOKS, newline="", encoding="utf-8") as f:
        return list(csv.reader(f, delimiter="\t"))


def recommendation(topic):
    """Titles for a topic, or a sentence to say instead. Columns: title, author, categories..."""
    shelf = rows()
    books = []
    for title, author, *categories in shelf:
        if any(category in topic for category in categories):
            books.append("%s by %s" % (title, author))

    if not books and topic:
        for title, author, *categories in shelf:
            if any(topic in category for category in categories):
                books.append("%s by %s" % (title, author))

    if books:
        return "\n".join(books)
    return random.choice(SORRY)
