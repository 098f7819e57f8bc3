import io

from google.cloud import vision

lockSmith = ["Wood", "Wood stain", "Wall", "Room", "Property", "Door", "knob", "Door handle",
             "Handle", "Lock"]

plumbing = ["Toilet", "Toilet seat", "Bathroom", "Plumbing fixture", "Property", "Ceramic",
            "Sink", "Bathroom sink", "Bathroom", "Washing machine", "Major appliance",
            "Clothes dryer", "Home appliance", "Laundry room", "Laundry"]

electrical = ["electrician", "copper", "Lighting", "Light fixture", "Ceiling",
              "Lighting accessory", "Light", "flex", "Electrical wiring", "Electronics",
              "Circuit breaker", "Technology", "outlet", "electric outlet",
              "electric receptacle", "wall plug", "Wall socket"]


class Prediction:
    """Guesses from a tenant's photo which trade has to come."""

    def __init__(self):
        self.client = vision.ImageAnnotatorClient()

    def getImagePredictionLabel(self, imagePath):
        with io.open(imagePath, 'rb') as imageFile:
            image = vision.types.Image(content=imageFile.read())

        result = {}
        for label in self.client.label_detection(image=image).label_annotations:
            if label.score >= 0.80:
                entry = {"label": label.description, "score": round(label.score, 2)}
                result.setdefault("predictions", []).append(entry)
        return result

    def categoryPrediction(self, imagePath):
        best = self.getImagePredictionLabel(imagePath)["predictions"][0]
        label = best["label"]

        category = ""
        for word in electrical:
            if label == word or category == "":
                category = "Electrical"
        for word in plumbing:
            if label == word:
                category = "Plumbing"
        for word in lockSmith:
            if label == word:
                category = "LockSmith"
        return category
