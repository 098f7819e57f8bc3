from google.cloud import vision


def mood(content):
    client = vision.ImageAnnotatorClient()
    image = vision.Image(content=content)
    n = len([o for o in client.object_localization(image=image).localized_object_annotations if o.name == "Person"])
    if n >= 3:
        return "crowd"
    if n >= 1:
        return "some"
    return "nobody"
