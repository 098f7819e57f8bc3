from google.cloud import vision


def check(content):
    client = vision.ImageAnnotatorClient()
    total = 0.0
    for label in client.label_detection(image=vision.Image(content=content)).label_annotations:
        if label.description in ("Food", "Fruit"):
            total += label.score
        if label.description == "Plastic":
            total -= label.score
    return "meal" if total > 0.8 else "none"
