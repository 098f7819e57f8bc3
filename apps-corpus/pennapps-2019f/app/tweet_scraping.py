"""How Twitter feels about a stock.

    python -m app.tweet_scraping AAPL dump.jsonl
"""
import json
import sys

from .content_classification import classify
from .mood import polarity


def get_tweets(tweets, ticker=""):
    """Polarity of each tweet that mentions `ticker`."""
    scores = []
    for tweet in tweets:
        if ticker.lower() not in tweet.lower():
            continue
        sentiment = polarity(tweet)

        # talk about politics and about money moves the price more than the rest
        category = classify(tweet)
        if category == "News/Politics" or category == "/Finance/Investing":
            sentiment *= 1.5
        scores.append(sentiment)
    return scores


def read_dump(path):
    with open(path) as dump:
        return [json.loads(line)["text"] for line in dump]


if __name__ == "__main__":
    scores = get_tweets(read_dump(sys.argv[2]), sys.argv[1])
    print("%d tweets, mood %+.2f" % (len(scores), sum(scores) / max(len(scores), 1)))
