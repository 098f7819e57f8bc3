import boto3

comprehend = boto3.client("comprehend")


def route(letter):
    answer = comprehend.detect_sentiment(Text=letter, LanguageCode="en")
    if answer["SentimentScore"]["Negative"] > 0.8:
        return "complaints"
    return "archive"
