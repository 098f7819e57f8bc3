"""A friend who knows where to go tonight.

    python chatbot.py "I could really do with some ..."
"""
import sys

from google.cloud import language
from google.cloud.language import enums, types

MAP = "https://www.google.com/maps/search/"


class ChatBot:
    MIN_CONFIDENCE = 0.1

    def __init__(self):
        self.client = language.LanguageServiceClient()
        self.said = []

    def classify(self, text):
        document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
        response = self.client.classify_text(document)
        categories = []
        for category in response.categories:
            if category.confidence >= self.MIN_CONFIDENCE:
                categories.append(category.name)
        return categories

    def search(self, kind, query=""):
        return MAP + kind + "+" + query

    def reply(self, text):
        self.said.append(text)
        categories = self.classify(" ".join(self.said))
        if len(categories) == 0:
            return "Talk to me a little more, I don't know what you are up for yet."

        category = categories[0]
        if "Restaurants" in category:
            parts = category.split("/")
            query = parts[3] if len(parts) > 3 else ""
            return "Hungry? How about one of these? " + self.search("restaurants", query)
        return "Let's meet somewhere! " + self.search("places")


if __name__ == "__main__":
    print(ChatBot().reply(" ".join(sys.argv[1:])))
