from google.cloud import vision


def classify(content):
    client = vision.ImageAnnotatorClient()
    score = 0.0
    for label in client.label_detection(image=vision.Image(content=content)).label_annotations:
        if label.description == "Smoke":
            score = label.score
    if score > 0.9:
        return "evacuate"
    elif score > 0.6:
        return "check"
    return "ignore"
