import boto3


def route(text):
    answer = boto3.client("comprehend").detect_sentiment(Text=text, LanguageCode="en")
    if answer["Sentiment"] == "NEGATIVE" and answer["SentimentScore"]["Negative"] > 0.7:
        return "a person"
    elif answer["Sentiment"] == "POSITIVE":
        return "thanks"
    elif answer["Sentiment"] == "MIXED":
        return "a form"
    return "wait"
