# -*- coding: utf-8 -*-
# homework 3: sentiment analysis for the reviews of the restaurants
import json
import sqlite3
import sys

from google.cloud import language_v1


def analyze(text):
    client = language_v1.LanguageServiceClient()
    document = language_v1.types.Document(content=text, type_=language_v1.Document.Type.PLAIN_TEXT)
    return client.analyze_sentiment(request={'document': document})


def get_score(text):
    return analyze(text).document_sentiment.score


def analize_text(review):
    if get_score(review) < 0.3:
        return -1
    elif get_score(review) > 0.6:
        return 1
    else:
        return 0


def add_review(db, restaurant, review):
    """POST /restaurants/<restaurant>/reviews"""
    with db:
        db.execute('create table if not exists reviews (restaurant text, review text, mark integer)')
        db.execute('insert into reviews values (?, ?, ?)', (restaurant, review, analize_text(review)))
    mark, = db.execute('select sum(mark) from reviews where restaurant = ?', (restaurant,)).fetchone()
    return json.dumps({'restaurant': restaurant, 'mark': mark})


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit('usage: main.py RESTAURANT REVIEW')
    print(add_review(sqlite3.connect('deliveries.db'), *sys.argv[1:]))
