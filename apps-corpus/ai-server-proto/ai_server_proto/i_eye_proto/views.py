"""POST an image to /analyses/eye and get the verdict as JSON."""
import json
import os
import tempfile
from http.server import BaseHTTPRequestHandler

from .image_analyses.i_eye_image_analyses import recognize_human_eye


class AnalysesView(BaseHTTPRequestHandler):

    def do_POST(self):
        if self.path != '/analyses/eye':
            self.send_error(404)
            return
        body = self.rfile.read(int(self.headers['Content-Length']))
        handle, path = tempfile.mkstemp(suffix='.jpg')
        try:
            with os.fdopen(handle, 'wb') as upload:
                upload.write(body)
            result = recognize_human_eye(path)
        finally:
            os.remove(path)

        self.send_response(200 if result.accepted else 422)
        self.send_header('Content-Type', 'application/json')
        self.end_headers()
        self.wfile.write(json.dumps(result.as_dict()).encode())
