"""
Should I invest?  Counts the opinions on a company in a file of tweets.

    python Invest_master.py Boeing tweets.csv
"""
import csv
import sys

from google.cloud import language_v1


class Invest_master():

    def __init__(self, company, tweets=()):
        self.company = company
        self.client = language_v1.LanguageServiceClient()
        self.tweets = list(tweets)
        self.Positive = 0
        self.Neutral = 0
        self.Negative = 0

    def Load(self, path):
        with open(path, newline='') as f:
            for row in csv.DictReader(f):
                if self.company.lower() in row['text'].lower():
                    self.tweets.append(row['text'])

    def get_sentiment_score(self, text):
        document = language_v1.Document(content=text,
                                        type_=language_v1.Document.Type.PLAIN_TEXT)
        return self.client \
            .analyze_sentiment(request={'document': document}) \
            .document_sentiment \
            .score

    def Analyze(self):
        for tweet in self.tweets:
            score = self.get_sentiment_score(tweet)
            if score <= -0.25:
                self.Negative += 1
            elif score <= 0.25:
                self.Neutral += 1
            else:
                self.Positive += 1
        return self.Positive, self.Neutral, self.Negative

    def Report(self):
        n = len(self.tweets) or 1
        print('%d tweets about %s' % (len(self.tweets), self.company))
        print('  positive %3.0f%%' % (100.0 * self.Positive / n))
        print('  neutral  %3.0f%%' % (100.0 * self.Neutral / n))
        print('  negative %3.0f%%' % (100.0 * self.Negative / n))


if __name__ == '__main__':
    master = Invest_master(sys.argv[1])
    master.Load(sys.argv[2])
    master.Analyze()
    master.Report()
