"""Text us a picture of your junk, we text back where it goes.

The carrier posts every incoming message to /sms with the picture's address in MediaUrl0
and sends whatever XML we answer with.

    python app.py                  # serve on port 5000
    python app.py photo.jpg        # try a picture without a phone
"""
import os
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs
from urllib.request import urlopen
from xml.sax.saxutils import escape

from google.cloud import vision
from google.cloud.vision import types

PORT = int(os.environ.get('PORT', 5000))


def twiml(text):
    return ('<?xml version="1.0" encoding="UTF-8"?>'
            '<Response><Message>%s</Message></Response>' % escape(text))


def posty(picture):
    """picture: the bytes of the JPEG that came with the message."""
    compost = ['food', 'snack', 'produce']
    recycle = ['plastic', 'wood', 'glass', 'paper', 'cardboard',
               'metal', 'aluminum', 'tin', 'carton']
    donate = ['clothes', 'clothing', 'shirt', 'pants', 'jacket', 'footwear', 'shoe']

    client = vision.ImageAnnotatorClient()
    answer = client.label_detection(image=types.Image(content=picture))

    guesses = []
    for label in answer.label_annotations:
        guesses.append(label.description)

    for guess in guesses:
        # "Plastic bottle" and "Plastic bag" are both plastic to us
        first = guess.split()[0].lower()
        if first in compost:
            return twiml('That is compost! Green bin, please.')
        elif first in recycle:
            return twiml('You can recycle that. Blue bin!')
        elif first in donate:
            return twiml('Someone would love that. Please donate it.')

    return twiml('Sorry, that one is trash.')


class Messages(BaseHTTPRequestHandler):

    def do_POST(self):
        length = int(self.headers.get('Content-Length', 0))
        form = parse_qs(self.rfile.read(length).decode())
        if 'MediaUrl0' in form:
            reply = posty(urlopen(form['MediaUrl0'][0]).read())
        else:
            reply = twiml('Send a picture of the thing you want to get rid of.')
        self.send_response(200)
        self.send_header('Content-Type', 'text/xml')
        self.end_headers()
        self.wfile.write(reply.encode())


if __name__ == '__main__':
    if len(sys.argv) > 1:
        with open(sys.argv[1], 'rb') as f:
            print(posty(f.read()))
    else:
        HTTPServer(('', PORT), Messages).serve_forever()
