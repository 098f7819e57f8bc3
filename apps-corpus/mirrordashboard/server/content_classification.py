from google.cloud import language


def classify(text):
    """{category: confidence}, the most likely category first."""
    client = language.LanguageServiceClient()
    document = language.types.Document(content=text, type=language.enums.Document.Type.PLAIN_TEXT)
    categories = client.classify_text(document).categories

    result = {}
    for category in categories:
        result[category.name] = category.confidence
    return result
