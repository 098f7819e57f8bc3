from google.cloud import language_v1


def last_topic(text):
    client = language_v1.LanguageServiceClient()
    found = "nothing"
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    for entity in client.analyze_entities(request={"document": document}).entities:
        if entity.type_ == language_v1.Entity.Type.LOCATION:
            found = "trip"
        if entity.type_ in (language_v1.Entity.Type.PERSON, language_v1.Entity.Type.ORGANIZATION):
            found = "contact"
    return found
