"""python -m doge [photo.jpg]   (without a photo: the chat bot)"""
import sys

from .bot import reply, serve

if len(sys.argv) > 1:
    with open(sys.argv[1], "rb") as f:
        print(reply(f.read()))
else:
    serve()
