# Space Apps Challenge - "Spot that fire"
# A citizen sends a photo of what they see, we put it on the map and, if it really
# is a fire, tell everybody around that the firefighters are on their way.
#
#   python spaceAppsChallenge2.py photo.jpg [lat lon]      -> prints GeoJSON for the web map

import io
import json
import sys

from google.cloud import vision

photo = sys.argv[1]
lat = float(sys.argv[2]) if len(sys.argv) > 3 else 39.9334
lon = float(sys.argv[3]) if len(sys.argv) > 3 else 32.8597

markers = []


def add_marker(lat, lon, text, color):
    markers.append({
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {"popup": text, "marker-color": color},
    })


client = vision.ImageAnnotatorClient()

with io.open(photo, "rb") as f:
    content = f.read()

image = vision.types.Image(content=content)
response = client.label_detection(image=image)

# (description, score, topicality), same columns as in the notebook
table = []
for label in response.label_annotations:
    table.append((label.description, label.score, label.topicality))

add_marker(lat, lon, "Someone reported a fire here", "orange")

# the top 3 are enough, below that it says things like "Sky"
seen = table[0][0] + table[1][0] + table[2][0]

if "fire" in seen or "Fire" in seen:
    add_marker(lat + 0.001, lon + 0.001, "Firefighters are coming", "red")

print(json.dumps({"type": "FeatureCollection", "features": markers}, indent=2))
