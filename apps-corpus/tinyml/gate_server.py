"""Receives the frames of the camera at the gate and sends alerts.

The microcontroller runs a tiny model of its own which only knows "something is
there"; it then POSTs the JPEG to this server, which asks the big model what.

    ALERT_TO=me@example.org python gate_server.py          # serve on port 8080
    python gate_server.py frame.jpg                        # look at one frame
"""

import os
import smtplib
import sys
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer

from google.cloud import vision

MESSAGES = {
    "vehicle": "A vehicle is at the gate.",
    "weapon": "SOMEBODY WITH A WEAPON IS AT THE GATE.",
    "animal": "An animal is at the gate.",
}


def look_at(frame):
    """The alerts to send for a frame (the bytes of a JPEG)."""
    client = vision.ImageAnnotatorClient()
    response = client.label_detection(image=vision.Image(content=frame))

    vehicle = False
    weapon = False
    animal = False
    for label in response.label_annotations:
        name = label.description
        if name == "Car" or name == "Truck" or name == "Vehicle":
            vehicle = True
        if name == "Gun" or name == "Weapon" or name == "Cold weapon":
            weapon = True
        if name == "Dog" or name == "Cat" or name == "Mammal" or name == "Animal":
            animal = True

    alerts = []
    if vehicle:
        alerts.append("vehicle")
    if weapon:
        alerts.append("weapon")
    if animal:
        alerts.append("animal")
    return alerts


def send(alerts, frame):
    mail = EmailMessage()
    mail["Subject"] = "Gate: " + ", ".join(alerts)
    mail["From"] = os.environ.get("ALERT_FROM", "gate@localhost")
    mail["To"] = os.environ["ALERT_TO"]
    mail.set_content("\n".join(MESSAGES[alert] for alert in alerts))
    mail.add_attachment(frame, maintype="image", subtype="jpeg", filename="gate.jpg")
    with smtplib.SMTP(os.environ.get("SMTP_HOST", "localhost")) as smtp:
        smtp.send_message(mail)


class Gate(BaseHTTPRequestHandler):
    def do_POST(self):
        frame = self.rfile.read(int(self.headers["Content-Length"]))
        alerts = look_at(frame)
        if alerts:
            send(alerts, frame)
        # The board blinks once per alert, so it gets the number.
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(len(alerts)).encode())


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            for alert in look_at(file.read()):
                print(MESSAGES[alert])
    else:
        HTTPServer(("", 8080), Gate).serve_forever()
