"""News for the mirror in the hall. Serious news only, it is seven in the morning.

    python app.py article.txt [article.txt ...]

The first line of a file is its headline. Prints what goes up on the mirror.
"""
import sys

from content_classification import classify

CATEGORIES = ["Jobs & Education", "Law & Government", "News", "Business & Industrial",
              "People & Society", "Finance", "Health"]

published = []
for path in sys.argv[1:]:
    try:
        with open(path, encoding="utf-8") as f:
            article = f.read()
        category = list(classify(article).keys())[0].split("/")[1]
        if category not in CATEGORIES:
            continue
        published.append((category, article.splitlines()[0]))
    except Exception:
        pass

for category, headline in published:
    print("[%s] %s" % (category, headline))
