from google.cloud import language_v1


def places(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    for entity in client.analyze_entities(request={"document": document}).entities:
        if language_v1.Entity.Type(entity.type_).name == "LOCATION":
            print("place", entity.name)
        elif language_v1.Entity.Type(entity.type_).name in ("PERSON", "ORGANIZATION"):
            print("somebody", entity.name)
