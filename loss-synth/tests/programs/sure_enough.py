import boto3


def bin_for(photo):
    client = boto3.client("rekognition")
    answer = client.detect_labels(Image={"Bytes": photo}, MaxLabels=5, MinConfidence=80)
    for label in answer["Labels"]:
        if label["Name"] in ("Food", "Fruit", "Vegetable"):
            return "compost"
        if label["Name"] in ("Glass", "Bottle", "Jar"):
            return "recycle"
    return "residual"
