import boto3


def trend(text):
    scores = boto3.client("comprehend").detect_sentiment(Text=text, LanguageCode="en")["SentimentScore"]
    if scores["Positive"] > scores["Negative"]:
        return "up"
    return "down"
