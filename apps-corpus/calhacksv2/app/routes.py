"""Mood of a diary entry, sentence by sentence.  Routes are plain functions; serve.py mounts them."""
from google.cloud import language
from google.cloud.language import enums
from google.cloud.language import types


def transcribe_emotion(score):
    if -0.1 <= score <= 0.1:
        return "Mixed/Neutral"
    elif 0.1 <= score <= 0.5:
        return "Moderately Positive"
    elif 0.5 <= score <= 1.0:
        return "Clearly Positive"
    elif -0.5 <= score <= -0.1:
        return "Moderately Negative"
    else:
        return "Clearly Negative"


def analyze(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    annotations = client.analyze_sentiment(document=document)

    sentences = []
    for sentence in annotations.sentences:
        sentences.append({
            "text": sentence.text.content,
            "emotion": transcribe_emotion(sentence.sentiment.score),
        })
    return {
        "overall": transcribe_emotion(annotations.document_sentiment.score),
        "sentences": sentences,
    }


ROUTES = {"/analyze": analyze}
