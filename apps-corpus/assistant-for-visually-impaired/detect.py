"""Tells a blind person what the phone in their breast pocket sees.

    python detect.py street.jpg | espeak
"""
import sys

from google.cloud import vision


def speak(sentence):
    # flush, so that the speech synthesizer at the other end of the pipe starts at once
    print(sentence, flush=True)


def describeScene(path):
    client = vision.ImageAnnotatorClient()
    with open(path, 'rb') as image_file:
        image = vision.Image(content=image_file.read())

    labels = client.label_detection(image=image).label_annotations
    speak('I think there is')
    for label in labels[:2]:
        speak(label.description)
    checkRoad(labels)

    objects = client.object_localization(image=image).localized_object_annotations
    count = {}
    for thing in objects:
        if thing.name in count:
            count[thing.name] += 1
        else:
            count[thing.name] = 1
    for name in count:
        speak('{} {}'.format(count[name], name))


def checkRoad(labels):
    highway = lane = road = 0
    car = motor = bicycle = truck = traffic = 0
    classroom = 0
    face = 0
    for label in labels:
        if label.description == 'Highway':
            highway += 1
        if label.description == 'Lane':
            lane += 1
        if label.description == 'Road':
            road += 1
        if label.description == 'Car':
            car += 1
        if label.description == 'Motor vehicle':
            motor += 1
        if label.description == 'Bicycle':
            bicycle += 1
        if label.description == 'Truck':
            truck += 1
        if label.description == 'Traffic':
            traffic += 1
        if label.description == 'Classroom':
            classroom += 1
        if label.description == 'Face':
            face += 1

    if highway > 0 or lane > 0 or road > 0:
        if car > 0 or motor > 0 or bicycle > 0 or truck > 0 or traffic > 0:
            speak('Careful! You are at a road and there are vehicles on it')
        else:
            speak('You seem to be near a road, it looks empty')
    if classroom > 0:
        speak('You are in a classroom')


if __name__ == '__main__':
    describeScene(sys.argv[1])
