import boto3


def desk(letter):
    scores = boto3.client("comprehend").detect_sentiment(Text=letter, LanguageCode="en")["SentimentScore"]
    if scores["Negative"] > 0.5:
        return "complaints"
    if scores["Positive"] >= 0.7 and scores["Mixed"] < 0.2:
        return "press"
    return "archive"
