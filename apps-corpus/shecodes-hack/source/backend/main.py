"""Cuts the garment out of a photo of somebody wearing it, for the wardrobe page.

    python main.py selfie.jpg     writes garment.html
"""
import base64
import mimetypes
import sys

from google.cloud import vision

OUTPUT = "garment.html"

IMG = '<img src="data:{kind};base64,{data}" style="object-view-box: inset({top}% {right}% {bottom}% {left}%)">'


def detect_cloth_image(path):
    clothes = ["Dress", "Top"]
    client = vision.ImageAnnotatorClient()

    with open(path, "rb") as image_file:
        image = vision.Image(content=image_file.read())
    objects = client.object_localization(image=image).localized_object_annotations

    boxes = []
    for obj in objects:
        if obj.name in clothes:
            boxes.append([(vertex.x, vertex.y) for vertex in obj.bounding_poly.normalized_vertices])
    return boxes


def crop(path, box):
    """The browser does the cutting: CSS wants how much to take off each side."""
    xs = [100 * x for x, _ in box]
    ys = [100 * y for _, y in box]
    kind = mimetypes.guess_type(path)[0] or "image/jpeg"
    with open(path, "rb") as f:
        data = base64.b64encode(f.read()).decode("ascii")
    with open(OUTPUT, "w") as out:
        out.write(IMG.format(kind=kind, data=data, top=min(ys), right=100 - max(xs), bottom=100 - max(ys), left=min(xs)))


def crop_clothes(path):
    boxes = detect_cloth_image(path)
    for box in boxes:
        crop(path, box)
    return len(boxes)


if __name__ == "__main__":
    if crop_clothes(sys.argv[1]):
        print("saved", OUTPUT)
    else:
        print("no top and no dress on this picture")
