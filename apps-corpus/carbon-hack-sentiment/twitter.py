"""Counts what people say about carbon pricing.  One tweet per line:

    cat tweets.txt | python twitter.py
"""
import math
import sys
from collections import defaultdict
from typing import DefaultDict, Iterable

from analyzer import NEGATIVE_THRESHOLD, POSITIVE_THRESHOLD, calculate_sentiment


def analyze_sentiment(tweets: Iterable[str]) -> DefaultDict[str, int]:
    counts = defaultdict(int)
    for tweet in tweets:
        for sentence in calculate_sentiment(tweet).sentences:
            score = sentence.sentiment.score
            # nothing was said one way or the other: mostly links and hashtags
            if math.isclose(score, 0.0):
                continue
            if score > POSITIVE_THRESHOLD:
                counts["positives"] += 1
            elif score < NEGATIVE_THRESHOLD:
                counts["negatives"] += 1
            else:
                counts["neutrals"] += 1
    return counts


if __name__ == "__main__":
    counts = analyze_sentiment(line.strip() for line in sys.stdin)
    total = sum(counts.values())
    for name in sorted(counts):
        print(f"{name:10}{counts[name]:6}{counts[name] / total:8.1%}")
