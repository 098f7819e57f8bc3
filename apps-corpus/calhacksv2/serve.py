"""POST plain text to http://localhost:8000/analyze"""
import json
from http.server import BaseHTTPRequestHandler, HTTPServer

from app.routes import ROUTES


class Diary(BaseHTTPRequestHandler):
    def do_POST(self):
        route = ROUTES.get(self.path)
        if route is None:
            self.send_error(404)
            return
        entry = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8")
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(route(entry)).encode("utf-8"))


if __name__ == "__main__":
    HTTPServer(("", 8000), Diary).serve_forever()
