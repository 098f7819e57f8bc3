"""Glasses post what they see here, the answer is read out to the wearer.

    python main.py [port]        then POST a JPEG to /test
"""
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer

from faces import who_is_there
from viewsh import ViewsH


def test(frame):
    objects = ViewsH.localize_byte_input(frame)
    if not objects:
        return {}
    nearest = objects[0]
    if nearest["type"] == "Person":
        nearest["type"] = who_is_there(nearest["position"])
    return nearest


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        frame = self.rfile.read(int(self.headers["Content-Length"]))
        body = json.dumps(test(frame)).encode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 5000
    HTTPServer(("", port), Handler).serve_forever()
