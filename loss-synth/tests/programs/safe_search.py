from google.cloud import vision


def is_fit(content):
    client = vision.ImageAnnotatorClient()
    safe = client.safe_search_detection(image=vision.Image(content=content)).safe_search_annotation
    if safe.adult >= vision.Likelihood.LIKELY or safe.violence >= vision.Likelihood.POSSIBLE:
        return "blocked"
    return "shown"
