from google.cloud import vision


def check(content):
    client = vision.ImageAnnotatorClient()
    food = 0
    waste = 0
    for label in client.label_detection(image=vision.Image(content=content)).label_annotations:
        if label.description in ("Food", "Fruit", "Vegetable"):
            food += 1
        elif label.description in ("Plastic", "Glass", "Bottle"):
            waste += 1
    if food > waste:
        return "kitchen"
    if waste > food:
        return "bin"
    return "unsure"
