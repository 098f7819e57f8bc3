"""Asks about sentences and photographs that no model here was trained on, with the real client libraries, and checks that the
answers make sense.

    python samples.py PHOTOGRAPHS

`PHOTOGRAPHS` is the site-packages folder of scikit-image and scikit-learn, whose example images are asked about. What is
printed, and the exit status, are as of drive.py.
"""

import os
import sys

from drive import FAILED, check, raised

POSITIVE = [
    "I love this little cafe, the staff are wonderful and the cake is delicious.",
    "What a fantastic concert, best night of the year!",
    "Thank you so much, this made my whole family happy.",
    "The new phone is great and I am very pleased with it.",
    "A beautiful, moving film with brilliant performances.",
    "Our holiday was perfect, we enjoyed every minute.",
    "Great job everyone, I am proud of you!",
]
NEGATIVE = [
    "This is the worst service I have ever had, I am furious.",
    "The food was cold and disgusting and we will never come back.",
    "I hate waiting for the bus in this awful weather.",
    "A boring, stupid film that wastes two hours of your life.",
    "My flight was cancelled again and nobody helped, terrible airline.",
    "I am so sad and disappointed about the news.",
    "The hotel room was dirty and smelled bad.",
]
NEUTRAL = [
    "The train to Berlin leaves at nine.",
    "The report has twelve pages.",
    "She bought two tickets at the station.",
]
# A path that must be among the categories.
TOPICS = {
    "The striker scored twice as the team won the cup final after extra time.": "/Sports",
    "Shares fell sharply after the bank reported lower quarterly profits.": "/Finance",
    "The new processor doubles the speed of laptops, the software company said.": "/Computers & Electronics",
    "The prime minister met the president for talks on the peace treaty.": "/News",
    "The actress won an Oscar for her role in the film.": "/Arts & Entertainment",
}
NAMES = {
    "Angela Merkel met Barack Obama in Berlin on Monday.":
        {"Angela Merkel": "PERSON", "Barack Obama": "PERSON", "Berlin": "LOCATION"},
    "John Smith works for Microsoft in London.":
        {"John Smith": "PERSON", "Microsoft": "ORGANIZATION", "London": "LOCATION"},
    "I saw Taylor Swift in New York with Maria.":
        {"Taylor Swift": "PERSON", "New York": "LOCATION", "Maria": "PERSON"},
}
# What must be among the labels and among the objects.
PHOTOGRAPHS = {
    "skimage/data/coffee.png": ("Coffee", "Drink"),
    "skimage/data/chelsea.png": ("Cat", "Cat"),
    "skimage/data/motorcycle_left.png": ("Vehicle", "Vehicle"),
    "skimage/data/horse.png": ("Animal", "Animal"),
    "sklearn/datasets/images/flower.jpg": ("Plant", None),
}
GERMAN = "Der Zug nach Berlin fährt um neun Uhr ab und das Wetter ist schön."
EMOJI = "\U0001f600\U0001f600\U0001f389"
# The most that Natural Language takes, in bytes.
MOST = 1_000_000


def google():
    from google.cloud import language_v1, language_v2

    client = language_v1.LanguageServiceClient()
    plain = language_v1.Document.Type.PLAIN_TEXT
    document = lambda text: {"document": {"content": text, "type_": plain}}
    score = lambda text: client.analyze_sentiment(request=document(text)).document_sentiment.score
    for sentence in POSITIVE:
        check("google", sentence, lambda: score(sentence), lambda score: score > 0.25)
    for sentence in NEGATIVE:
        check("google", sentence, lambda: score(sentence), lambda score: score < -0.25)
    for sentence in NEUTRAL:
        check("google", sentence, lambda: score(sentence), lambda score: abs(score) < 0.25)
    newer = language_v2.LanguageServiceClient(transport="rest")
    for sentence, path in TOPICS.items():
        check("google", sentence, lambda: [found.name for found in newer.classify_text(request=document(sentence)).categories],
              lambda paths: path in paths)
    for sentence, names in NAMES.items():
        check("google", sentence, lambda: {
            found.name: found.type_.name for found in client.analyze_entities(request=document(sentence)).entities
        }, lambda found: found == names)
    # No model here reads it, and nothing goes out.
    check("google", "German", lambda: raised(lambda: score(GERMAN), "InvalidArgument"))
    check("google", "no text", lambda: raised(lambda: score(""), "InvalidArgument"))
    check("google", "emoji", lambda: score(EMOJI), lambda score: -1 <= score <= 1)
    long = ("It was good. " * (MOST // 13 + 1))[:MOST]
    check("google", "the longest text", lambda: score(long), lambda score: -1 <= score <= 1)
    check("google", "too long a text", lambda: raised(lambda: score(long + "!"), "InvalidArgument"))


def google_images(folder):
    from google.cloud import vision

    client = vision.ImageAnnotatorClient()
    for name, (label, thing) in PHOTOGRAPHS.items():
        with open(os.path.join(folder, name), "rb") as file:
            image = vision.Image(content=file.read())
        labels = lambda: [found.description for found in client.label_detection(image=image).label_annotations]
        check("google", name, labels, lambda names: label in names)
        objects = lambda: [found.name for found in client.object_localization(image=image).localized_object_annotations]
        check("google", name, objects, lambda names: thing is None or thing in names)


def aws():
    import boto3

    client = boto3.client("comprehend")
    mood = lambda text: client.detect_sentiment(Text=text, LanguageCode="en")["Sentiment"]
    for sentence in POSITIVE:
        check("aws", sentence, lambda: mood(sentence), lambda mood: mood == "POSITIVE")
    for sentence in NEGATIVE:
        check("aws", sentence, lambda: mood(sentence), lambda mood: mood == "NEGATIVE")
    for sentence in NEUTRAL:
        check("aws", sentence, lambda: mood(sentence), lambda mood: mood == "NEUTRAL")
    for sentence, names in NAMES.items():
        check("aws", sentence, lambda: {
            found["Text"]: found["Type"] for found in client.detect_entities(Text=sentence, LanguageCode="en")["Entities"]
        }, lambda found: found == names)
    check("aws", "German", lambda: client.detect_dominant_language(Text=GERMAN)["Languages"][0]["LanguageCode"],
          lambda code: code == "de")


def aws_images(folder):
    import boto3

    client = boto3.client("rekognition")
    for name, (label, thing) in PHOTOGRAPHS.items():
        with open(os.path.join(folder, name), "rb") as file:
            image = {"Bytes": file.read()}
        found = lambda: {label["Name"]: len(label["Instances"]) for label in client.detect_labels(Image=image)["Labels"]}
        check("aws", name, found, lambda labels: label in labels and (thing is None or labels.get(thing, 0) > 0))


if __name__ == "__main__":
    google()
    google_images(sys.argv[1])
    aws()
    aws_images(sys.argv[1])
    # The clients' threads need no farewell.
    os._exit(1 if FAILED else 0)
