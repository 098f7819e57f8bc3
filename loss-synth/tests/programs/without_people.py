from google.cloud import vision


def is_empty(content):
    client = vision.ImageAnnotatorClient()
    labels = client.label_detection(image=vision.Image(content=content)).label_annotations
    if any(label.description in ("Person", "Crowd") for label in labels):
        return "occupied"
    return "free"
