from google.cloud import language_v1


def mood(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    score = client.analyze_sentiment(request={"document": document}).document_sentiment.score
    if score <= -0.25:
        return "sad"
    elif score < 0.25:
        return "calm"
    return "glad"
