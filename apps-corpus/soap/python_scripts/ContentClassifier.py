#!/usr/bin/env python2
# Soap: washes a chat log. Prints "<profanity> <discrimination>", which the
# extension's background page reads from our standard output.
#
#   python2 ContentClassifier.py chat.txt
import sys

from google.cloud import language
from google.cloud.language import enums
from google.cloud.language import types


def classify(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    categories = {}
    for category in client.classify_text(document).categories:
        categories[category.name] = category.confidence
    return categories


profanity = 0
discrimination = 0

chat = open(sys.argv[1]).read()
for name in classify(chat):
    if name == "/Sensitive Subjects" or "/Adult":
        profanity += 1
    elif name == "/People & Society/Social Issues & Advocacy/Discrimination & Identity Relations" or "/People & Society/Social Issues & Advocacy":
        discrimination += 1
    else:
        pass

print profanity, discrimination
