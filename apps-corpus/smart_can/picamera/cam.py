#!/usr/bin/env python3
"""The brain of the smart can: looks at what lies on the flap and tips it to one side.

    ./cam.py snapshot.jpg          # with the camera: raspistill -o snapshot.jpg

The two pins go to the H-bridge of the flap's motor. Off the Pi there is no
/sys/class/gpio and the moves are only printed.
"""
import os
import sys
import time

from google.cloud import vision

GPIO = '/sys/class/gpio'
PIN_FORWARD = 23
PIN_BACKWARD = 24
TURN_SECONDS = 0.4

RECYCLABLES = ['paper', 'bottle', 'plastic', 'container', 'can', 'glass',
               'cardboard', 'soft drinks', 'cola']


def get_image_details(path):
    client = vision.ImageAnnotatorClient()
    with open(path, 'rb') as image_file:
        image = vision.types.Image(content=image_file.read())
    return client.label_detection(image=image).label_annotations


def is_same_thing(word, label):
    """'Plastic bottle' is a bottle, and 'Drink' is good enough for 'soft drinks'."""
    name = label.description.lower()
    return name in word or word in name


def write_pin(pin, value):
    with open('%s/gpio%d/value' % (GPIO, pin), 'w') as f:
        f.write(str(value))


def spin(pin):
    if not os.path.isdir('%s/gpio%d' % (GPIO, pin)):
        return
    write_pin(pin, 1)
    time.sleep(TURN_SECONDS)
    write_pin(pin, 0)


def turn_motor(direction):
    if direction == 'recycle':
        spin(PIN_FORWARD)
        spin(PIN_BACKWARD)
    else:
        spin(PIN_BACKWARD)
        spin(PIN_FORWARD)
    print('flap: ' + direction)


if __name__ == '__main__':
    labels = get_image_details(sys.argv[1])

    recyclable = False
    for word in RECYCLABLES:
        for label in labels:
            if is_same_thing(word, label):
                recyclable = True
                break
        if recyclable:
            break

    if recyclable:
        turn_motor('recycle')
    else:
        turn_motor('trash')
