# -*- coding: utf-8 -*-
"""Minería de tweets por palabra clave.

    python generalMining.py candidato tweets.jsonl > mined.jsonl
"""
import json
import sys

from google.cloud import language
from google.cloud.language import enums
from google.cloud.language import types


def getSentiment(text):
    client = language.LanguageServiceClient()
    document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
    try:
        response = client.analyze_sentiment(document=document)
    except Exception as e:
        # casi siempre: idioma no soportado
        print("sin sentimiento: %s" % e, file=sys.stderr)
        raise
    else:
        return response.document_sentiment


def mineKeyword(keyword, tweets):
    mined = []
    for tweet in tweets:
        if keyword.lower() not in tweet["text"].lower():
            continue
        record = {
            "id": tweet.get("id"),
            "keyword": keyword,
            "text": tweet["text"],
        }
        sentiment = getSentiment(tweet["text"])
        record["magnitude"] = sentiment.magnitude
        if sentiment.score > 0.05:
            record["sentiment"] = "positivo"
        elif sentiment.score < 0:
            record["sentiment"] = "negative"
        else:
            record["sentiment"] = "neutral"
        mined.append(record)
    return mined


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as f:
        for record in mineKeyword(sys.argv[1], map(json.loads, f)):
            print(json.dumps(record, ensure_ascii=False))
