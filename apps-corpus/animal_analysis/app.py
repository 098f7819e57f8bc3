"""python app.py "what you think of the animal" [photo.jpg]"""
import sys

from presenter import Presenter


def show(label, feelings, details):
    print('You %s the %s.' % (feelings or 'have no opinion about', label or 'animal'))
    if details:
        print(details)


if __name__ == '__main__':
    photo = open(sys.argv[2], 'rb').read() if len(sys.argv) > 2 else None
    Presenter(show).analyze(photo, sys.argv[1])
