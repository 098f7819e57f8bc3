import boto3


def react(text):
    comprehend = boto3.client("comprehend")
    sentiment = comprehend.detect_sentiment(Text=text, LanguageCode="en")["Sentiment"]
    if sentiment == "POSITIVE":
        return "heart"
    elif sentiment in ("NEGATIVE", "MIXED"):
        return "hug"
    return "nod"
