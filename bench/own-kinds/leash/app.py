from google.cloud import vision


def advise(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as file:
        image = vision.Image(content=file.read())
    names = [label.description for label in client.label_detection(image=image).label_annotations]
    pet = "Dog" in names or "Cat" in names
    vehicle = "Car" in names or "Vehicle" in names
    if pet and vehicle:
        return "unsafe travel"
    if pet and "Animal" not in names:
        return "check"
    if names and names[0] == "Animal":
        return "animal first"
    if len([n for n in names if n in ("Dog", "Cat", "Animal", "Mammal")]) >= 3:
        return "pet"
    return "nothing"
