"""Repair requests of the RoomR app.

POST a photo to /repairs?room=12 and the answer names the trade that was booked.
"""
import json
import sys
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

from Prediction import Prediction


class Repairs(BaseHTTPRequestHandler):
    requests = []

    def do_POST(self):
        url = urlparse(self.path)
        if url.path != "/repairs":
            self.send_error(404)
            return
        with tempfile.NamedTemporaryFile(suffix=".jpg") as photo:
            photo.write(self.rfile.read(int(self.headers["Content-Length"])))
            photo.flush()
            try:
                category = Prediction().categoryPrediction(photo.name)
            except KeyError:
                self.send_error(422, "Please take a clearer photo")
                return
        repair = {"room": parse_qs(url.query).get("room", ["?"])[0], "trade": category}
        self.requests.append(repair)
        body = json.dumps(repair).encode("utf-8")
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(Prediction().categoryPrediction(sys.argv[1]))
    else:
        HTTPServer(("", 5000), Repairs).serve_forever()
