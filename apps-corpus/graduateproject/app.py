# -*- coding: utf-8 -*-
"""Lecture-note chatbot: students send a photo of the slides, we keep it under the day's course.

Webhook of the chat platform; every event looks like
    {"type": "message", "message": {"type": "image", "url": "..."}, "replyTo": "..."}

Run "python app.py" for the webhook or "python app.py slide.jpg" to try one picture.
"""
import json
import os
import sys
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from visionapi import detect_labels_url

NOTES = {}


def save_note(url):
    today = date.today().isoformat()
    NOTES.setdefault(today, []).append(url)
    return today


def handle_message(message):
    """Returns the text of the reply."""
    if message['type'] == 'text':
        if message['text'] == 'list':
            return '\n'.join('%s: %d pictures' % (day, len(urls)) for day, urls in NOTES.items()) or 'No notes yet.'
        return 'Send me a picture of the slides, or "list".'

    if message['type'] == 'image':
        if detect_labels_url(message['url']):
            day = save_note(message['url'])
            return 'Saved to the notes of %s.' % day
        else:
            return 'This does not look like a lecture. Please send another picture.'

    return 'I only understand text and pictures.'


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
        replies = [{'to': event['replyTo'], 'text': handle_message(event['message'])}
                   for event in body['events'] if event['type'] == 'message']
        self.send_response(200)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(json.dumps(replies).encode('utf-8'))


if __name__ == '__main__':
    if len(sys.argv) > 1:
        print(handle_message({'type': 'image', 'url': Path(sys.argv[1]).resolve().as_uri()}))
    else:
        HTTPServer(('', int(os.environ.get('PORT', 8080))), Webhook).serve_forever()
