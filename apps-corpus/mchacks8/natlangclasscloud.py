from google.cloud import language_v1


def sample_classify_text(text_content):
    """
    The category of a text.

    Args:
      text_content: what the reader told us about the last good book. At least 20 words.
    """
    client = language_v1.LanguageServiceClient()
    type_ = language_v1.Document.Type.PLAIN_TEXT
    document = {"content": text_content, "type_": type_, "language": "en"}

    response = client.classify_text(request={"document": document})
    try:
        return response.categories[0].name.replace("/", "")
    except IndexError:
        return ""
