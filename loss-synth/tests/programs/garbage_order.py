from google.cloud import vision


def sort(content):
    client = vision.ImageAnnotatorClient()
    for label in client.label_detection(image=vision.Image(content=content)).label_annotations:
        if label.description in ("Glass", "Jar"):
            return "glass"
        if label.description in ("Food", "Fruit") and label.score > 0.7:
            return "compost"
    return "rest"
