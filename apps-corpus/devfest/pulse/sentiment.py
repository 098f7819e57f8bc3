from google.cloud import language
from google.cloud.language import enums, types


def analyze(tweet):
    """(score, magnitude) of one tweet"""
    client = language.LanguageServiceClient()
    document = types.Document(content=tweet, type=enums.Document.Type.PLAIN_TEXT)
    sentiment = client.analyze_sentiment(document=document).document_sentiment
    return sentiment.score, sentiment.magnitude
