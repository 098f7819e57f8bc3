from encyclopedia import lookup
from model import Model


class Presenter:
    def __init__(self, view, model=None, lookup=lookup):
        self.view = view
        self.model = model or Model()
        self.lookup = lookup

    def analyze(self, photo, description):
        """photo: bytes or None, description: what the visitor typed about the animal."""
        label = None
        if photo:
            label = self.model.labelImage(photo)[0].description

        feelings = None
        if description:
            score = self.model.sentiment_text(description)
            if score > 0.5:
                feelings = 'really like'
            elif score > 0:
                feelings = 'like'
            elif score > -0.5:
                feelings = 'dislike'
            else:
                feelings = 'really dislike'

        details = None
        if label and feelings in ('really like', 'like'):
            details = self.lookup(label)

        self.view(label, feelings, details)
        return label, feelings
