from google.cloud import language_v1


def volume(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    magnitude = client.analyze_sentiment(request={"document": document}).document_sentiment.magnitude
    if 1.5 <= magnitude <= 4:
        return "lively"
    return "odd"
