from google.cloud import language_v1


def topic(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    for entity in client.analyze_entities(request={"document": document}).entities:
        if entity.type_ == language_v1.Entity.Type.LOCATION:
            return "trip"
        if entity.type_ in (language_v1.Entity.Type.PERSON, language_v1.Entity.Type.ORGANIZATION):
            return "contact"
    return "nothing"
