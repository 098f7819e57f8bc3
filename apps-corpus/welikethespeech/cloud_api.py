"""Rates how green a speech is: below 0 is bad for the planet, above 0 good.

The module is shared by the web API and the nightly job, so the client is made once.
"""
from google.cloud import language_v1

GREEN_CATEGORIES = {
    "/Science/Ecology & Environment",
    "/Science/Ecology & Environment/Climate Change & Global Warming",
    "/People & Society/Social Issues & Advocacy/Green Living & Environmental Issues",
}

# Speaking well of these is good ...
GREEN = {
    "environment", "ocean", "trees", "solar power", "wind power", "renewables", "sustainable",
    "sustainability", "tidal", "solar", "wind", "earth", "air", "forest", "forests", "rainforest",
    "rainforests", "plant", "plants", "healthy", "grasslands", "clean energy", "water", "hydro",
    "nuclear", "tree", "renewable", "renewable energy", "planet", "world",
}

# ... and of these it is not.
DIRTY = {
    "plastic", "fossil fuel", "fossil fuels", "carbon dioxide", "methane", "waste", "oil", "petrol",
    "pollution", "coal", "deforestation", "global warming", "greenhouse gas", "greenhouse gases",
    "fracking",
}

_client = None


def get_client():
    global _client
    if _client is None:
        _client = language_v1.LanguageServiceClient()
    return _client


def make_document(text):
    return language_v1.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT, language="en")


def analyze_entity_sentiment(text):
    response = get_client().analyze_entity_sentiment(
        request={"document": make_document(text), "encoding_type": language_v1.EncodingType.UTF8}
    )
    return response.entities


def classify_text(text):
    return get_client().classify_text(request={"document": make_document(text)}).categories


def process(text):
    """The rating of a speech."""
    total = 0.0
    counted = 0
    for entity in analyze_entity_sentiment(text):
        name = entity.name.lower()
        # A bare mention is worth something too.
        score = entity.sentiment.score or 0.5
        if name in GREEN:
            total += score
            counted += 1
        elif name in DIRTY:
            total -= score
            counted += 1
    entity_score = total / counted if counted else 0.0

    categories = classify_text(text)
    if not categories:
        return entity_score * 0.8

    category_score = 0.0
    for category in categories:
        if category.confidence > 0.5 and category.name in GREEN_CATEGORIES:
            category_score += 2 / 3
            break
    return category_score * 0.6 + entity_score * 0.4
