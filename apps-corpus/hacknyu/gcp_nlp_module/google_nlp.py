from google.cloud import language_v1


class GoogleNLP:
    """Puts a citizen's complaint on the desk of the right department."""

    def __init__(self):
        self.language_client = language_v1.LanguageServiceClient()
        self.categories = ["health", "energy", "finance", "education"]

    def get_category(self, text):
        document = language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
        response = client.classify_text(request={"document": document})
        for word in self.categories:
            for category in response.categories:
                if word in category.lower():
                    return word
