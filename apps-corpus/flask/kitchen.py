"""Kitchen diary: upload what you cooked, keep a note with it.

A plain WSGI application, so any server will do; "python kitchen.py" starts the one of the
standard library and "python kitchen.py dinner.jpg" checks a single picture.
"""
import os
import sys
import uuid
from http import HTTPStatus
from wsgiref.simple_server import make_server

from google.cloud import vision

UPLOADS = os.environ.get("KITCHEN_UPLOADS", "uploads")
FOOD_WORDS = ["Food", "Recipe", "Ingredient"]


def allowed(picture):
    """Only pictures of food may be uploaded."""
    client = vision.ImageAnnotatorClient()
    image = vision.Image(content=picture)
    labels = [label.description for label in client.label_detection(image=image).label_annotations]
    for word in FOOD_WORDS:
        if word in labels:
            return True
    return False


def upload(picture):
    """Returns the HTTP status and the text for the user."""
    if not picture:
        return HTTPStatus.BAD_REQUEST, "No picture in the request."
    if not allowed(picture):
        return HTTPStatus.UNPROCESSABLE_ENTITY, "This is a kitchen diary. Is that really food?"
    os.makedirs(UPLOADS, exist_ok=True)
    name = uuid.uuid4().hex + ".jpg"
    with open(os.path.join(UPLOADS, name), "wb") as f:
        f.write(picture)
    return HTTPStatus.CREATED, "Saved as " + name


def application(environ, start_response):
    if environ["REQUEST_METHOD"] != "PUT":
        status, text = HTTPStatus.METHOD_NOT_ALLOWED, "PUT a picture here."
    else:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        status, text = upload(environ["wsgi.input"].read(length))
    start_response("%d %s" % (status.value, status.phrase), [("Content-Type", "text/plain")])
    return [text.encode() + b"\n"]


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as f:
            print("food" if allowed(f.read()) else "not food")
    else:
        with make_server("", 5000, application) as server:
            server.serve_forever()
