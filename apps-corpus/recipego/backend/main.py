"""recipeGO backend: a photo of the kitchen counter becomes a shopping-free recipe search.

GET /?photo=/path/to/photo.jpg answers with the ingredients as JSON.
"""
import json
import shutil
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlparse

from google.cloud import vision

blacklist = ["Packaged goods", "Tableware", "Bottle", "Home appliance"]


def cut_out(path, vertices):
    """A part of the photo as JPEG bytes; all of it if ffmpeg isn't there to cut it."""
    with open(path, "rb") as f:
        whole = f.read()
    if len(vertices) < 3 or shutil.which("ffmpeg") is None:
        return whole
    left, top, right, bottom = vertices[0].x, vertices[0].y, vertices[2].x, vertices[2].y
    crop = "crop=iw*%f:ih*%f:iw*%f:ih*%f" % (right - left, bottom - top, left, top)
    done = subprocess.run(["ffmpeg", "-loglevel", "quiet", "-i", path, "-vf", crop, "-f", "mjpeg", "-"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    return done.stdout or whole


def lol(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as image_file:
        image = vision.Image(content=image_file.read())
    objects = client.object_localization(image=image).localized_object_annotations

    ingredients = []
    for object_ in objects:

        def add(name):
            if name not in ingredients and name not in blacklist:
                ingredients.append(name)

        add(object_.name)

        # a closer look: what is the "Food" really?
        part = vision.Image(content=cut_out(path, object_.bounding_poly.normalized_vertices))
        closer = client.object_localization(image=part).localized_object_annotations
        for inner in closer:
            add(inner.name)

    return ingredients


class Api(BaseHTTPRequestHandler):
    def do_GET(self):
        photo = parse_qs(urlparse(self.path).query).get("photo", [None])[0]
        self.send_response(200 if photo else 400)
        self.end_headers()
        if photo:
            self.wfile.write(json.dumps({"ingredients": lol(photo)}).encode())


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", 5000), Api).serve_forever()
