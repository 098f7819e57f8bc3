"""Keeps what a picture of the shore says about pollution."""
import base64
import logging

from google.cloud import vision

from . import sightings


def execute(image_base64, latitude, longitude):
    """Stores a sighting at the coordinates and returns the labels kept for it."""
    kept = []
    try:
        client = vision.ImageAnnotatorClient()
        image = vision.Image(content=base64.b64decode(image_base64))
        response = client.label_detection(image=image)
        for label in response.label_annotations:
            name = label.description.lower()
            if label.score > 0.7 and ("water" in name or "waste" in name
                                      or "bottle" in name or "plastic" in name
                                      or "pollution" in name):
                kept.append(label.description)
    except Exception:
        logging.exception("no labels for this picture")
        kept = []

    sightings.add(latitude, longitude, kept)
    return kept
