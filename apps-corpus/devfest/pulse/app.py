#!/usr/bin/env python3
"""The pulse of the campus, taken from its tweets. Run as `python -m pulse.app tweets.txt`."""
import sys
from statistics import mean

from pulse.sentiment import analyze


def overall_sentiment(score, magnitude):
    if score < 0.1:
        return "not feeling so good"
    elif score < 0.2:
        return "feeling ok"
    elif score < 0.4:
        return "feeling pretty good"
    else:
        return "feeling great"


def pulse(tweets):
    results = [analyze(tweet) for tweet in tweets]
    score = mean(score for score, magnitude in results)
    magnitude = mean(magnitude for score, magnitude in results)
    return overall_sentiment(score, magnitude)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as tweets:
        print("Campus is " + pulse([tweet for tweet in tweets if tweet.strip()]) + " today.")
