"""Sightings live in one JSON file, a list that the map front end downloads as it is."""
import json
import os
import time

FILE = os.environ.get("SIGHTINGS_FILE", "sightings.json")


def load():
    try:
        with open(FILE) as f:
            return json.load(f)
    except FileNotFoundError:
        return []


def add(latitude, longitude, labels):
    everything = load()
    everything.append({
        "time": int(time.time()),
        "position": [latitude, longitude],
        "labels": labels,
    })
    with open(FILE, "w") as f:
        json.dump(everything, f)
