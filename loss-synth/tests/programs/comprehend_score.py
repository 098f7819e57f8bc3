import boto3


def is_angry(text):
    answer = boto3.client("comprehend").detect_sentiment(Text=text, LanguageCode="en")
    return answer["SentimentScore"]["Negative"] >= 0.6
