from google.cloud import vision


def act(image):
    labels = vision.ImageAnnotatorClient().label_detection(image=image).label_annotations
    found = [label.description for label in labels]
    glass = "Glass" in found or "Bottle" in found or "Jar" in found
    plastic = "Plastic" in found
    if glass and plastic:
        return "ask a person"
    if glass:
        return "glass"
    if plastic:
        return "plastic"
    return "rest"
