from google.cloud import vision

fruits = ['Banana', 'Apple', 'Mango', 'Water Melon', 'Grapes', 'Orange', 'kiwi', 'pears']


def local_vision(uri):
    """Name of the fruit in a picture on this computer, None if chef buddy knows no such fruit."""
    client = vision.ImageAnnotatorClient()

    with open(uri, 'rb') as image_file:
        content = image_file.read()

    image = vision.Image(content=content)
    response = client.label_detection(image=image)

    for label in response.label_annotations:
        if label.description in fruits:
            return label.description
