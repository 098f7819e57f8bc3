"""Backend of the shore-watch app.

    python server.py                        answers the phones
    python server.py PICTURE LAT LON        adds one sighting by hand

POST /image  {"image": "<base64>", "lat": 43.12, "lon": 5.93}   ->  {"labels": [...]}
"""
import base64
import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from api import get_image_info


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        if self.path != "/image":
            return self.send_error(404)
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        labels = get_image_info.execute(request["image"], request["lat"], request["lon"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"labels": labels}).encode())


if __name__ == "__main__":
    if len(sys.argv) >= 2:
        lat, lon = map(float, sys.argv[2:4] or ("0", "0"))
        with open(sys.argv[1], "rb") as f:
            print(get_image_info.execute(base64.b64encode(f.read()), lat, lon))
    else:
        ThreadingHTTPServer(("", 8000), Handler).serve_forever()
