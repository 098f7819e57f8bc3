"""Rain or Shine: will you be comfortable in what you are wearing?

    GET  /forecast?temperature=4&rain=2      what the day asks for
    POST /check?temperature=4&rain=2         a photo of you; what to change

`python app.py photo.jpg [temperature [rain]]` does the second on the terminal.
"""
import argparse
import json
import tempfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, urlsplit

from google.cloud import vision

# wetness of the day -> what helps
PROTECTION = {
    0: "nothing",
    1: "a hat or a hood",
    2: "an umbrella",
    3: "gloves",
    4: "boots",
}


def predict(temperature, rain):
    """Warmth of the clothes (0 to 14) and wetness of the day (0 to 4)."""
    warmth = max(0, min(14, round((24 - temperature) / 2)))
    if rain == 0:
        wet = 0
    elif temperature <= 0:
        wet = 3
    elif rain < 1:
        wet = 1
    elif rain < 10:
        wet = 2
    else:
        wet = 4
    return warmth, wet


def imagecheck(photo, predicted_warmth, predicted_wet):
    client = vision.ImageAnnotatorClient()
    with open(photo, "rb") as f:
        image = vision.Image(content=f.read())
    labels = client.label_detection(image=image).label_annotations

    warmth = 0
    wet = 0
    for label in labels[:8]:
        if label.description == "Jacket" or label.description == "Coat":
            warmth += 7
        if label.description == "Sweater" or label.description == "Hoodie":
            warmth += 5
        if label.description == "Hat":
            warmth += 1
            wet = 1
        if label.description == "gloves":
            wet = 3
        if label.description == "Boots":
            wet = 4
            warmth += 1
        if label.description == "Hood" or label.description == "Hoodie":
            wet = 1
        if label.description == "Umbrella":
            wet = 2

    difference = predicted_warmth - warmth
    if difference < -1:
        message = "You are overdressed, you will sweat."
    elif difference > 1:
        message = "You are underdressed, put something on."
    else:
        message = "Just right for the temperature."

    if wet < predicted_wet:
        message += " Take " + PROTECTION[predicted_wet] + " with you."
    else:
        message += " And you will stay dry."
    return message


class Backend(BaseHTTPRequestHandler):
    def weather(self):
        query = dict(parse_qsl(urlsplit(self.path).query))
        return float(query.get("temperature", 15)), float(query.get("rain", 0))

    def reply(self, body):
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        warmth, wet = predict(*self.weather())
        self.reply({"warmth": warmth, "take": PROTECTION[wet]})

    def do_POST(self):
        with tempfile.NamedTemporaryFile() as photo:
            photo.write(self.rfile.read(int(self.headers["Content-Length"])))
            photo.flush()
            self.reply({"message": imagecheck(photo.name, *predict(*self.weather()))})


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photo", nargs="?", help="without one, serve on port 5000")
    parser.add_argument("temperature", nargs="?", type=float, default=15)
    parser.add_argument("rain", nargs="?", type=float, default=0, help="millimetres")
    options = parser.parse_args()
    if options.photo is None:
        HTTPServer(("", 5000), Backend).serve_forever()
    print(imagecheck(options.photo, *predict(options.temperature, options.rain)))


if __name__ == "__main__":
    main()
