import boto3


def face(text):
    scores = boto3.client("comprehend").detect_sentiment(Text=text, LanguageCode="en")["SentimentScore"]
    surest = max(scores, key=scores.get)
    if surest == "Positive":
        return "smile"
    elif surest == "Negative":
        return "frown"
    return "wait"
