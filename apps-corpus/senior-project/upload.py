"""
Photo club gallery -- upload service (senior project, spring term)

Run `python upload.py` and send a photo with
    curl --data-binary @sunset.jpg http://localhost:5000/upload/sunset.jpg
The photo is filed under galleries/<category>/. `python upload.py sunset.jpg`
only shows where it would go.
"""
import io
import os
import shutil
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.cloud import vision
from google.cloud.vision import types

GALLERIES = 'galleries'
MAX_BYTES = 10 * 1024 * 1024

# The API has dozens of landscapes, portraits and flowers; the club has three
# galleries. A part of the label is enough.
CATEGORIES = {
    'land': 'landscape',
    'portrait': 'portrait',
    'flower': 'flowers',
}


def detect_labels(path):
    """Detects labels in the file."""
    client = vision.ImageAnnotatorClient()
    with io.open(path, 'rb') as image_file:
        image = types.Image(content=image_file.read())
    labels = []
    for label in client.label_detection(image=image).label_annotations:
        labels.append(label.description.lower())
    return labels


def categorize(path):
    labels = detect_labels(path)
    for part, category in CATEGORIES.items():
        for label in labels:
            if part in label:
                return category
    return 'other'


class Upload(BaseHTTPRequestHandler):
    def do_POST(self):
        name = os.path.basename(self.path)
        length = int(self.headers.get('Content-Length', 0))
        if not self.path.startswith('/upload/') or not name or name.startswith('.'):
            return self.send_error(404)
        if not 0 < length <= MAX_BYTES:
            return self.send_error(413)
        with tempfile.NamedTemporaryFile(delete=False) as received:
            received.write(self.rfile.read(length))
        category = categorize(received.name)
        folder = os.path.join(GALLERIES, category)
        os.makedirs(folder, exist_ok=True)
        shutil.move(received.name, os.path.join(folder, name))
        self.send_response(201)
        self.end_headers()
        self.wfile.write(('%s\n' % category).encode())


if __name__ == '__main__':
    if len(sys.argv) > 1:
        print(categorize(sys.argv[1]))
    else:
        HTTPServer(('localhost', 5000), Upload).serve_forever()
