from google.cloud import vision

FRESH = ["Fruit", "Vegetable", "Food"]


def lunch(content):
    client = vision.ImageAnnotatorClient()
    image = vision.Image(content=content)
    found = client.object_localization(image=image, max_results=5).localized_object_annotations
    count = sum(1 for thing in found if thing.name in FRESH)
    return "a pair" if count == 2 else "something else"
