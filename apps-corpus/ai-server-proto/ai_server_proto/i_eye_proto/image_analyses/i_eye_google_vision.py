from google.cloud import vision
from google.cloud.vision import enums, types

Feature = enums.Feature.Type


def get_google_vision_response(image_path):
    """One round trip for everything that the analysers ask about an image."""
    client = vision.ImageAnnotatorClient()
    with open(image_path, 'rb') as image_file:
        image = types.Image(content=image_file.read())

    request = {
        'image': image,
        'features': [
            {'type': Feature.SAFE_SEARCH_DETECTION},
            {'type': Feature.LABEL_DETECTION},
            {'type': Feature.WEB_DETECTION},
        ],
    }
    return client.annotate_image(request)
