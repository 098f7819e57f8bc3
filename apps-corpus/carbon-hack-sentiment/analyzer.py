from google.cloud import language
from google.cloud.language import enums, types

POSITIVE_THRESHOLD = 0.3333
NEGATIVE_THRESHOLD = -0.3333


def calculate_sentiment(text: str):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    return client.analyze_sentiment(document=document)
