from google.cloud import language_v1


def route(letter):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=letter, type_=language_v1.Document.Type.PLAIN_TEXT)
    score = client.analyze_sentiment(document=document).document_sentiment.score
    if score < -0.25:
        return "complaints"
    return "archive"
