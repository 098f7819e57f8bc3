from google.cloud import language_v1
from google.cloud.language_v1 import enums

MAX_VIDEOS = 20


def sample_analyze_entities(text_content):
    """
    Finds what a lecture talks about, sorted into who, where and the rest.

    Args:
      text_content: the notes of the lecture
    """
    client = language_v1.LanguageServiceClient()
    document = {"content": text_content, "type": enums.Document.Type.PLAIN_TEXT}
    response = client.analyze_entities(document, encoding_type=enums.EncodingType.UTF8)

    types = {}
    for entity in response.entities:
        types[entity.name] = enums.Entity.Type(entity.type).name

    people = []
    placesOrOrganizations = []
    other = []
    for name, type_ in types.items():
        if type_ == 'PERSON' or type_ == 'PROPER':
            people.append(name)
        elif type_ == 'LOCATION' or type_ == 'ORGANIZATION':
            placesOrOrganizations.append(name)
        else:
            other.append(name)

    return {
        'people': people[:MAX_VIDEOS],
        'placesOrOrganizations': placesOrOrganizations[:MAX_VIDEOS],
        'other': other[:MAX_VIDEOS],
    }
