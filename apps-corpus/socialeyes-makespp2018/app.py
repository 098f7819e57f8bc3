# SocialEyes - what would an employer think of your posts?
# posts.txt has one post per line. Long ones work best.
import sys

from google.cloud import language
from google.cloud.language import enums
from google.cloud.language import types

client = language.LanguageServiceClient()


def classify(text):
	document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
	result = {}
	for category in client.classify_text(document=document).categories:
		result[category.name] = category.confidence
	return result


def tone(text):
	document = types.Document(content=text, type=enums.Document.Type.PLAIN_TEXT)
	return client.analyze_sentiment(document=document).document_sentiment.score


# ---- counters for the pie chart ----
neutral = 0
potentially_offensive = 0
likely_offensive = 0

with open(sys.argv[1]) as f:
	posts = [line.strip() for line in f if line.strip()]

for post in posts:
	categories = classify(post)
	if not categories:
		print("error: cannot tell what this is about: " + post[:40])
		continue
	score = tone(post)
	for key in categories:
		touchy = "people & society" in key.lower() or "sensitive subjects" in key.lower()
		if touchy and categories[key] < 0.5 and score > -0.25 and score < 0.25:
			potentially_offensive += 1
		elif (touchy and categories[key] >= 0.5 and score <= -0.25) or "adult" in key.lower():
			likely_offensive += 1
		else:
			neutral += 1

print("neutral: %d" % neutral)
print("potentially offensive: %d" % potentially_offensive)
print("likely offensive: %d" % likely_offensive)
