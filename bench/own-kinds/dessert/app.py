from google.cloud import vision

DESSERTS = {"Ice cream", "Ice lolly", "Dessert", "Frozen dessert", "Confectionery"}
PRODUCE = ["Fruit", "Vegetable", "Orange", "Lemon", "Banana", "Bell pepper"]


def rate(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    labels = client.label_detection(image=image).label_annotations
    sweet = sum(label.score for label in labels if label.description in DESSERTS)
    green = sum(label.score for label in labels if label.description in PRODUCE)
    if sweet > green and sweet > 0.9:
        return "treat"
    if green > 0.9:
        return "healthy"
    return "unknown"
