from google.cloud import language_v1


def over_twenty(message, symptoms):
    """The classifier wants at least twenty words, so only long messages come here."""
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(
        content=message, type_=language_v1.Document.Type.PLAIN_TEXT
    )
    response = client.classify_text(request={"document": document})

    result = {}
    for category in response.categories:
        result[category.name] = category.confidence
        if "Health" in category.name and category.confidence > 0.3:
            symptoms.append(message)

    # Google has no idea what this is about: better safe than sorry
    if not result:
        symptoms.append(message)

    return symptoms
