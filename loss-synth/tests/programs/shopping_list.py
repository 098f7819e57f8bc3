from google.cloud import vision


def shopping(content):
    client = vision.ImageAnnotatorClient()
    items = []
    for label in client.label_detection(image=vision.Image(content=content)).label_annotations:
        if label.description in ("Food", "Fruit", "Vegetable"):
            items.append(label.description)
    return items
