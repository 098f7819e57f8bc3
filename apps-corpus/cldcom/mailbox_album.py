"""Cloud Computing, assignment 3: an album you send pictures to by e-mail.

The mail server pipes every message for album@ into this script, which puts each attached
picture into a folder (people, animals, flowers, others):

    python mailbox_album.py /srv/album < message.eml

"python mailbox_album.py photo.jpg" just prints the folder.
"""
import email
import hashlib
import os
import sys
from email import policy

from google.cloud import vision


def choose_folder(content):
    client = vision.ImageAnnotatorClient()
    image = vision.types.Image(content=content)
    response = client.label_detection(image=image)

    folder = 'others'
    for annotation in response.label_annotations:
        if annotation.description == 'Person':
            folder = 'people'
            break
        elif (annotation.description == 'Dog' or annotation.description == 'Cat'
              or annotation.description == 'Mammal'):
            folder = 'animals'
            break
        elif annotation.description == 'Flower':
            folder = 'flowers'
            break
    return folder


def pictures(message):
    for part in message.walk():
        if part.get_content_maintype() == 'image':
            yield part.get_content()


def file_message(album, stream):
    message = email.message_from_binary_file(stream, policy=policy.default)
    for content in pictures(message):
        folder = os.path.join(album, choose_folder(content))
        os.makedirs(folder, exist_ok=True)
        # the same picture sent twice is kept once
        name = hashlib.sha1(content).hexdigest() + '.jpg'
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(content)


if __name__ == '__main__':
    target = sys.argv[1]
    if os.path.isfile(target):
        with open(target, 'rb') as f:
            print(choose_folder(f.read()))
    else:
        file_message(target, sys.stdin.buffer)
