"""The browser extension sends the tweet you are about to post: GET /?tweet=..."""
from urllib.parse import parse_qs
from wsgiref.simple_server import make_server

from processor import process


def app(environ, start_response):
    tweet = parse_qs(environ.get("QUERY_STRING", "")).get("tweet", [""])[0]
    if not tweet:
        start_response("400 Bad Request", [("Content-Type", "text/plain")])
        return [b"no tweet"]
    start_response("200 OK", [("Content-Type", "text/plain"), ("Access-Control-Allow-Origin", "*")])
    return [process(tweet).encode()]


if __name__ == "__main__":
    make_server("", 8080, app).serve_forever()
