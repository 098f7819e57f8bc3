from google.cloud import language, vision
from google.cloud.language import enums as language_enums, types as language_types


class Model:
    """The cloud services."""

    def labelImage(self, content):
        client = vision.ImageAnnotatorClient()
        response = client.annotate_image({
            'image': {'content': content},
            'features': [{'type': vision.enums.Feature.Type.LABEL_DETECTION}],
        })
        return response.label_annotations

    def sentiment_text(self, text):
        client = language.LanguageServiceClient()
        document = language_types.Document(content=text, type=language_enums.Document.Type.PLAIN_TEXT)
        return client.analyze_sentiment(document).document_sentiment.score
