"""Pluto, who has a joke for every pet.

Pluto sits behind a bridge that takes care of Discord's gateway: the bridge
writes one JSON object per message to our standard input,

    {"author": "ana", "attachments": ["https://cdn.example.org/rex.png"]}

and posts every line of our standard output to the channel.
"""
import asyncio
import json
import sys

from google.cloud import vision

NAME = "Pluto"

animals = ["dog", "cat", "bird"]

jokes = {
    "dog": "What do you call a dog that does magic tricks? A labracadabrador.",
    "cat": "Why was the cat sitting on the computer? To keep an eye on the mouse.",
    "bird": "Why do hummingbirds hum? Nobody ever taught them the words.",
}


async def detect_labels_uri(uri):
    """Labels of an image on the web, in lower case."""
    client = vision.ImageAnnotatorClient()
    image = vision.Image()
    image.source.image_uri = uri
    response = client.label_detection(image=image)
    return [label.description.lower() for label in response.label_annotations]


async def on_message(author, attachments, send):
    if author == NAME:
        return
    for uri in attachments:
        labels = await detect_labels_uri(uri)
        found = []
        for animal in animals:
            if animal in labels:
                found.append(animal)

        if len(found) == 1:
            send(f"Nice {found[0]}, {author}! {jokes[found[0]]}")
        elif len(found) > 1:
            send(f"So many pets, {author}: {' and '.join(found)}. Here we go.")
            for animal in found:
                send(jokes[animal])


def post(text):
    print(text, flush=True)


def main():
    for line in sys.stdin:
        message = json.loads(line)
        asyncio.run(on_message(message["author"], message.get("attachments", []), post))


if __name__ == "__main__":
    main()
