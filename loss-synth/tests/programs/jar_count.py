from google.cloud import vision

GLASS = ["Glass", "Bottle", "Jar"]


def shelf(content):
    client = vision.ImageAnnotatorClient()
    count = 0
    for label in client.label_detection(image=vision.Image(content=content), max_results=6).label_annotations:
        if label.description in GLASS:
            count += 1
    if count >= 3:
        return "full"
    if count >= 1:
        return "some"
    return "empty"
