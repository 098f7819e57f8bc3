from google.cloud import language
from google.cloud.language import enums, types

EDGE = -0.5


def process(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    sentiment = client.analyze_sentiment(document=document).document_sentiment
    if sentiment.score <= EDGE:
        return "TOO EDGY"
    return "NOT EDGY ENOUGH"
