"""Tone: write how your day was, get songs for it.

    python application.py "what a day" [playlist.json]
"""
import json
import os
import sys

from google.cloud import language
from google.cloud.language import enums, types

SONGS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'songs.json')


def analyze(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    return to_dict(client.analyze_sentiment(document=document))


def to_dict(annotations):
    return {
        'score': annotations.document_sentiment.score,
        'magnitude': annotations.document_sentiment.magnitude,
    }


class Mood:
    """One resource of the API: POST /mood"""

    def __init__(self, songs):
        self.songs = songs

    def post(self, entry):
        sentiment = analyze(entry)
        score = sentiment['score'] * 10
        magnitude = sentiment['magnitude'] * 10
        # -100..100 for a short entry; a long one can go further
        strength = score * magnitude
        if strength < -50:
            mood = 'negative'
        elif strength > 50:
            mood = 'positive'
        else:
            mood = 'neutral'
        return {'mood': mood, 'songs': self.songs.get(mood, [])}


if __name__ == '__main__':
    with open(sys.argv[2] if len(sys.argv) > 2 else SONGS) as f:
        mood = Mood(json.load(f))
    print(json.dumps(mood.post(sys.argv[1]), indent=2))
