# Fruit trees, monkeys, one Raspberry Pi.
#
# motion(1) drops a snapshot into a folder whenever something moves; this looks
# at each new one and sounds the horn on GPIO 17 for monkeys. Other animals are
# only written down, they were here first.
#
#   python3 watch.py snapshot.jpg            look at one picture
#   python3 watch.py /var/lib/motion         watch a folder
import io
import os
import sys
import time

from google.cloud import vision

HORN = '/sys/class/gpio/gpio17/value'
LOG = 'sightings.log'


def whats_there(path):
    client = vision.ImageAnnotatorClient()
    with io.open(path, 'rb') as f:
        image = vision.types.Image(content=f.read())
    for label in client.label_detection(image=image).label_annotations:
        name = label.description.lower()
        if 'monkey' in name:
            return 'monkey'
        if 'wildlife' in name:
            return 'wildlife'
    return None


def horn(seconds):
    if not os.path.exists(HORN):
        print('(no horn on this machine)')
        return
    for level in ('1', '0'):
        with open(HORN, 'w') as pin:
            pin.write(level)
        time.sleep(seconds)


def react(path):
    seen = whats_there(path)
    print(time.strftime('%H:%M:%S'), path, seen or '-')
    if seen == 'monkey':
        horn(3)
    elif seen == 'wildlife':
        with open(LOG, 'a') as log:
            log.write('%s %s\n' % (time.ctime(), path))


def watch(folder):
    known = set(os.listdir(folder))
    while True:
        now = set(os.listdir(folder))
        for name in sorted(now - known):
            if name.endswith('.jpg'):
                react(os.path.join(folder, name))
        known = now
        time.sleep(1)


if __name__ == '__main__':
    target = sys.argv[1]
    if os.path.isdir(target):
        watch(target)
    else:
        react(target)
