#!/usr/bin/env python3
"""Keeps the tweets on sensitive subjects that come in on standard input, one JSON object a line.

  curl -sN "$STREAM" | ./daemon.py tweets.db
"""
import json
import sqlite3
import sys

from google.cloud import language
from google.cloud.language import enums, types


def open_store(path):
  db = sqlite3.connect(path)
  db.execute('create table if not exists tweets (id integer, text text, confidence real)')
  return db


class Listener:
  def __init__(self, db):
    self.db = db
    self.language = language.LanguageServiceClient()

  def on_data(self, data):
    tweet = json.loads(data)
    text = tweet['text']

    def sensitivity(text):
      if len(text.split()) < 5:
        return None

      def classify_text(text):
        document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
        confidence = None
        for category in self.language.classify_text(document).categories:
          if 'ensitive' in category.name:
            confidence = category.confidence
        return confidence

      return classify_text(text)

    confidence = sensitivity(text)
    if confidence is not None and confidence > 0.5:
      self.db.execute('insert into tweets values (?, ?, ?)', (tweet.get('id'), text, confidence))
      self.db.commit()
      return True
    return False


if __name__ == '__main__':
  listener = Listener(open_store(sys.argv[1]))
  for line in sys.stdin:
    if line.strip():
      listener.on_data(line)
