"""Watches a folder that a security camera fills with stills.

    python main.py stills/ [seconds between looks]

The first still says how many people belong here.
"""
import logging
import os
import sys
import time

import vision_setup

log = logging.getLogger('guard')


def check(still, authorized):
    boxes = []
    if vision_setup.detect_objects(still, authorized, draw=boxes.append):
        log.warning('intruder alarm: %s shows %d people, %d expected', still, len(boxes), authorized)
        return 'alarm'
    return 'quiet'


def stills(folder):
    return sorted(os.path.join(folder, name) for name in os.listdir(folder)
                  if name.lower().endswith(('.jpg', '.png')))


def main(folder, pause=5.0):
    seen = set()
    authorized = None
    while True:
        for still in stills(folder):
            if still in seen:
                continue
            seen.add(still)
            if authorized is None:
                authorized = vision_setup.count_authorized(still)
                log.info('armed with %d people in the room', authorized)
            else:
                check(still, authorized)
        time.sleep(pause)


if __name__ == '__main__':
    logging.basicConfig(level=logging.INFO, format='%(asctime)s %(message)s')
    try:
        main(sys.argv[1], *[float(a) for a in sys.argv[2:3]])
    except KeyboardInterrupt:
        log.info('disarmed')
