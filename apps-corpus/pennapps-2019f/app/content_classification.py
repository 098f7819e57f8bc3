from google.cloud import language_v1
from google.cloud.language_v1 import enums


def classify(text):
    client = language_v1.LanguageServiceClient()
    document = {"content": text, "type": enums.Document.Type.PLAIN_TEXT, "language": "en"}

    response = client.classify_text(document)
    categories = {}
    for category in response.categories:
        categories[category.name] = category.confidence
    return categories
