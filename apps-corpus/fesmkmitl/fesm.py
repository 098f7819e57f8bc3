# -*- coding: utf-8 -*-
"""
FESM - facial expression of students monitor

    python fesm.py webcam.jpg [log.txt]

A webcam in front of the class takes a picture every minute. If somebody is on it we ask
for the expression and append one line to the log, which the lecturer looks at afterwards.
"""
import io
import sys
from datetime import datetime

from google.cloud import vision
from google.cloud.vision import enums
from google.cloud.vision import types

LIKELY = enums.Likelihood.LIKELY


class ExpressionMonitor(object):

    def __init__(self):
        self.client = vision.ImageAnnotatorClient()

    def load(self, path):
        with io.open(path, 'rb') as image_file:
            return types.Image(content=image_file.read())

    def emotion(self, image):
        faces = self.client.face_detection(image=image).face_annotations
        for face in faces:
            if face.joy_likelihood >= LIKELY:
                return 'joy'
            if face.sorrow_likelihood >= LIKELY:
                return 'sorrow'
            if face.anger_likelihood >= LIKELY:
                return 'anger'
            if face.surprise_likelihood >= LIKELY:
                return 'surprise'
        return 'neutral'

    def monitor(self, path):
        image = self.load(path)
        labels = self.client.label_detection(image=image).label_annotations
        for label in labels:
            # face detection costs extra, so only when there is a face
            if label.description == 'Human face':
                return self.emotion(image)
        return 'nobody'


def main():
    if len(sys.argv) < 2:
        print(__doc__)
        return
    state = ExpressionMonitor().monitor(sys.argv[1])
    line = '%s %s' % (datetime.now().strftime('%Y-%m-%d %H:%M'), state)
    print(line)
    if len(sys.argv) > 2:
        with open(sys.argv[2], 'a') as log:
            log.write(line + '\n')


if __name__ == '__main__':
    main()
