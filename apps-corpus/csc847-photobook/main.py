"""CSC 847 project 2: a photo book that sorts itself.

Uploaded photos end up on one of four pages: /animals, /people, /flowers or /others.

    python main.py                    # http://localhost:8080
    python main.py beach.jpg          # which page would this go to?
"""
import html
import os
import sqlite3
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.cloud import vision

PAGES = ('animals', 'people', 'flowers', 'others')


def open_book(filename='photobook.db'):
    book = sqlite3.connect(filename)
    book.execute('CREATE TABLE IF NOT EXISTS photo (id INTEGER PRIMARY KEY, kind TEXT, jpeg BLOB)')
    return book


def vision_api(photo):
    """Ask the Vision API which page the photo (bytes) belongs on."""
    client = vision.ImageAnnotatorClient()
    image = vision.Image(content=photo)

    response = client.label_detection(image=image)
    labels = [label.description for label in response.label_annotations]

    if 'Mammal' in labels or 'Livestock' in labels:
        return 'animals'
    elif 'Human' in labels or 'People' in labels:
        return 'people'
    elif 'Flower' in labels:
        return 'flowers'

    # Label detection rarely calls a person by that name, object localization does
    objects = client.object_localization(image=image).localized_object_annotations
    if 'Person' in [found.name for found in objects]:
        return 'people'
    return 'others'


class PhotoBook(BaseHTTPRequestHandler):

    def do_POST(self):
        photo = self.rfile.read(int(self.headers['Content-Length']))
        kind = vision_api(photo)
        with open_book() as book:
            book.execute('INSERT INTO photo (kind, jpeg) VALUES (?, ?)', (kind, photo))
        self.send_response(303)
        self.send_header('Location', '/' + kind)
        self.end_headers()

    def do_GET(self):
        kind = self.path.strip('/')
        if kind not in PAGES:
            kind = 'others'
        count, = open_book().execute('SELECT COUNT(*) FROM photo WHERE kind = ?', (kind,)).fetchone()
        page = '<h1>{}</h1><p>{} photos</p>'.format(html.escape(kind), count)
        self.send_response(200)
        self.send_header('Content-Type', 'text/html')
        self.end_headers()
        self.wfile.write(page.encode())


if __name__ == '__main__':
    if len(sys.argv) > 1:
        with open(sys.argv[1], 'rb') as f:
            print('/' + vision_api(f.read()))
    else:
        HTTPServer(('', int(os.environ.get('PORT', '8080'))), PhotoBook).serve_forever()
