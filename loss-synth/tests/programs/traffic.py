import boto3


def check(photo):
    answer = boto3.client("rekognition").detect_labels(Image={"Bytes": photo}, MinConfidence=80)
    bottles = 0
    for label in answer["Labels"]:
        if label["Name"] == "Bottle":
            bottles = len(label["Instances"])
    if bottles > 20:
        return "full"
    if bottles > 5:
        return "some"
    return "empty"
