import boto3

comprehend = boto3.client("comprehend")


def route(letter):
    answer = comprehend.detect_sentiment(Text=letter, LanguageCode="en")
    if answer["Sentiment"] == "NEGATIVE" and answer["SentimentScore"]["Negative"] > 0.7:
        return "a person"
    elif answer["Sentiment"] == "POSITIVE":
        return "thanks"
    return "wait"
