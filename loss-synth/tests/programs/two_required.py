from google.cloud import vision


def check(content):
    client = vision.ImageAnnotatorClient()
    labels = client.label_detection(image=vision.Image(content=content)).label_annotations
    names = [label.description for label in labels]
    if "Bottle" in names and "Plastic" in names:
        return "plastic bottle"
    return "other"
