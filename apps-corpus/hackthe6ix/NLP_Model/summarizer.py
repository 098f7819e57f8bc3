"""Reads an insurance claim as the customer wrote it and fills in the form.

    python summarizer.py claim.txt
"""
import json
import sys

from google.cloud import language_v1
from google.cloud.language_v1 import enums


def analyze_entities(text_content):
    """Who, where, and which kinds of insurance the claim is about."""
    client = language_v1.LanguageServiceClient()
    document = {"content": text_content, "type": enums.Document.Type.PLAIN_TEXT, "language": "en"}
    response = client.analyze_entities(document, encoding_type=enums.EncodingType.UTF8)

    people = []        # who was involved
    locations = []
    details = []
    others = []
    for entity in response.entities:
        kind = enums.Entity.Type(entity.type).name
        # first and last name, perhaps a middle one: "driver" is a PERSON for Google too
        if kind == "PERSON" and len(entity.name.split()) in (2, 3):
            people.append(entity.name)
        elif kind == "LOCATION":
            name = entity.name
            for mention in entity.mentions:
                if enums.EntityMention.Type(mention.type).name != "PROPER":
                    name = entity.name.lower()
            locations.append(name)
        elif kind in ("ADDRESS", "NUMBER", "DATE", "PRICE", "ORGANIZATION"):
            details.append(entity.name)
        else:
            others.append(entity.name.lower())

    auto = ["car", "truck", "bus", "van", "minivan", "stolen"]
    health = ["hospital", "emergency room", "emergency", "bone", "cut", "blood", "bleeding", "bleed", "scar",
              "surgery"]
    dental = ["dentist", "dental", "dental office", "teeth", "gums", "crown", "molar", "cavity"]
    home = ["home", "house", "basement", "room", "living room", "sofa", "couch", "tv", "computer", "stolen"]

    categories = set()
    for word in auto:
        if word in others:
            categories.add("Auto")
    for word in health:
        if word in locations or word in others:
            categories.add("Health")
    for word in dental:
        if word in locations or word in others:
            categories.add("Dental")
    for word in home:
        if word in locations or word in others:
            categories.add("Home")

    return {"people": people, "locations": locations, "details": details, "categories": sorted(categories)}


def getUrgency(score):
    urgency = 0.5 + score / 2
    if urgency < 0.1:
        return "Extremely urgent"
    elif urgency < 0.4:
        return "Urgent"
    else:
        return "Not urgent"


def language_analysis(text_content):
    client = language_v1.LanguageServiceClient()
    document = {"content": text_content, "type": enums.Document.Type.PLAIN_TEXT, "language": "en"}
    response = client.analyze_sentiment(document, encoding_type=enums.EncodingType.UTF8)
    return getUrgency(response.document_sentiment.score)


if __name__ == "__main__":
    with open(sys.argv[1]) as claim_file:
        claim = claim_file.read()
    form = analyze_entities(claim)
    form["urgency"] = language_analysis(claim)
    json.dump(form, sys.stdout, indent=4)
