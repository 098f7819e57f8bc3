"""Cuts the garment out of a photo of somebody wearing it, for the wardrobe page.

    python main.py selfie.jpg     writes garment.svg
"""
import base64
import mimetypes
import sys

from google.cloud import vision

OUTPUT = "garment.svg"

# The whole photo is one unit wide and one unit high; the view box shows a part of it.
SVG = ('<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {w} {h}">'
       '<image href="data:{type};base64,{data}" width="1" height="1" preserveAspectRatio="none"/></svg>')


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
    left, top = min(x for x, _ in box), min(y for _, y in box)
    right, bottom = max(x for x, _ in box), max(y for _, y in box)
    with open(path, "rb") as f:
        data = base64.b64encode(f.read()).decode("ascii")
    kind = mimetypes.guess_type(path)[0] or "image/jpeg"
    with open(OUTPUT, "w") as out:
        out.write(SVG.format(x=left, y=top, w=right - left, h=bottom - top, type=kind, data=data))


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
