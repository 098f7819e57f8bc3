from google.cloud import vision

GLASS = ["Glass", "Bottle", "Jar"]


def basket(content):
    client = vision.ImageAnnotatorClient()
    count = 0
    for label in client.label_detection(image=vision.Image(content=content), max_results=5).label_annotations:
        if label.description in GLASS:
            count += 1
    if count >= 2:
        return "glass"
    return "other"
