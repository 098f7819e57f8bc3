"""Not Hotdog, serverless.

API Gateway hands us the photo base64-encoded in the body; the page shows two badges.
We run on AWS, but Google's labels know more about sausages.
"""
import base64
import json

from google.cloud import vision

HOTDOG_LABELS = ("Hot dog", "Hot dog bun", "Bun (Food)", "Bread")
FOOD_LABELS = ("Food",)

# kept between the invocations of a warm container
client = None


def inspect_photo(photo):
    global client
    if client is None:
        client = vision.ImageAnnotatorClient()

    badges = {"hotdog": False, "food": False}
    for annotation in client.label_detection(image=vision.Image(content=photo)).label_annotations:
        if annotation.description in HOTDOG_LABELS:
            badges["hotdog"] = True
        if annotation.description in FOOD_LABELS:
            badges["food"] = True
    return badges


def lambda_handler(event, context):
    if not event.get("body"):
        return {"statusCode": 400, "body": json.dumps({"error": "where is the photo?"})}
    badges = inspect_photo(base64.b64decode(event["body"]))
    return {
        "statusCode": 200,
        "headers": {"Content-Type": "application/json"},
        "body": json.dumps(badges),
    }


if __name__ == "__main__":
    import sys

    with open(sys.argv[1], "rb") as f:
        event = {"body": base64.b64encode(f.read()).decode()}
    print(lambda_handler(event, None)["body"])
