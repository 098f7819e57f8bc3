"""Is this news article about the disaster that the relief page is for?

    python nlp.py Haiti earthquake < article.txt
"""
import sys
from difflib import SequenceMatcher

from google.cloud import language
from google.cloud.language import enums, types

RELATED = {
    'earthquake': ['earthquake', 'quake', 'aftershock', 'tremor', 'magnitude', 'epicentre'],
    'flood': ['flood', 'flooding', 'floodwater', 'heavy rain', 'dam', 'inundation'],
    'hurricane': ['hurricane', 'storm', 'cyclone', 'typhoon', 'landfall', 'storm surge'],
    'wildfire': ['wildfire', 'fire', 'bushfire', 'blaze', 'evacuation', 'firefighter'],
}


def ratio(a, b):
    return 100 * SequenceMatcher(None, a.lower(), b.lower()).ratio()


def best_ratio(name, words):
    return max(ratio(name, word) for word in words)


def analyze(text, country, event):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    words = RELATED.get(event.lower(), [event])

    score = 0
    country_found = False
    event_found = False

    entities = client.analyze_entities(document=document).entities
    for entity in entities:
        kind = enums.Entity.Type(entity.type).name
        if kind == 'LOCATION':
            if ratio(entity.name, country) > 60:
                country_found = True
                score += entity.salience * 0.5
        elif kind == 'EVENT':
            if ratio(entity.name, event) > 60 or best_ratio(entity.name, words) > 60:
                event_found = True
                score += entity.salience
        else:
            if best_ratio(entity.name, words) > 80:
                event_found = True
                score += entity.salience * 0.75

    valid_categories = [
        '/Law & Government/Public Safety',
        '/Law & Government',
        '/Law & Government/Public Safety/Emergency Services',
        '/News',
        '/News/Weather',
        '/News/Health News',
        '/Science/Ecology & Environment/Climate Change & Global Warming',
        '/Sensitive Subjects',
    ]
    category_valid = False
    matching = 0
    for category in client.classify_text(document=document).categories:
        if category.name in valid_categories and category.confidence > 0.5:
            category_valid = True
            matching += 1

    score += 0.05 * matching
    score_valid = score > 0.25

    return category_valid and country_found and event_found and score_valid


if __name__ == '__main__':
    print('relevant' if analyze(sys.stdin.read(), sys.argv[1], sys.argv[2]) else 'rejected')
