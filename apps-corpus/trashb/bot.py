"""Trash bot: send it a photo on Telegram, it tells you where to throw it.

    TELEGRAM_TOKEN=... python3 bot.py
    python3 bot.py photo.jpg            # answer on the terminal instead
"""
import json
import os
import sys
import urllib.parse
import urllib.request

from google.cloud import vision

API = "https://api.telegram.org"

compost_words = ["food", "snack", "produce"]
donate_words = ["clothing", "shirt", "jacket", "footwear", "shoe"]
recycle_words = ["paper", "glass", "carton", "cardboard", "tin", "metal", "plastic"]

ANSWERS = {
    "compost": "\U0001F34C Compost!",
    "donate": "\U0001F455 Don't throw it away, donate it!",
    "recycle": "\u267B Recycle it!",
    "trash": "\U0001F5D1 Trash, I'm afraid.",
}


def mentions(label, words):
    for word in words:
        if word in label:
            return True
    return False


def where_to(photo):
    client = vision.ImageAnnotatorClient()
    image = vision.Image()
    image.content = photo
    for annotation in client.label_detection(image=image).label_annotations:
        label = annotation.description.lower()
        if mentions(label, compost_words):
            return "compost"
        elif mentions(label, donate_words):
            return "donate"
        elif mentions(label, recycle_words):
            return "recycle"
    return "trash"


def call(method, **arguments):
    url = "%s/bot%s/%s" % (API, os.environ["TELEGRAM_TOKEN"], method)
    data = urllib.parse.urlencode(arguments).encode()
    with urllib.request.urlopen(url, data, timeout=90) as answer:
        return json.load(answer)["result"]


def download(file_id):
    path = call("getFile", file_id=file_id)["file_path"]
    url = "%s/file/bot%s/%s" % (API, os.environ["TELEGRAM_TOKEN"], path)
    with urllib.request.urlopen(url, timeout=90) as answer:
        return answer.read()


def serve():
    offset = 0
    while True:
        for update in call("getUpdates", offset=offset, timeout=60):
            offset = update["update_id"] + 1
            message = update.get("message", {})
            if "photo" not in message:
                continue
            biggest = message["photo"][-1]["file_id"]
            answer = ANSWERS[where_to(download(biggest))]
            call("sendMessage", chat_id=message["chat"]["id"], text=answer)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with open(sys.argv[1], "rb") as file:
            print(ANSWERS[where_to(file.read())])
    else:
        serve()
