# Opens the right lid of the double bin.
#
#   python3 lid.py item.jpg [/dev/ttyACM0]
#
# The Arduino waits for one character: 1 = left lid, 2 = right lid, 0 = stay shut.
# Without a port the character just goes to the screen.
import os
import sys
import time

from google.cloud import vision


def labels_of(picture):
  client = vision.ImageAnnotatorClient()
  with open(picture, 'rb') as f:
    content = f.read()
  response = client.label_detection(image=vision.Image(content=content))
  return response.label_annotations


def send(character, port):
  if port is None:
    print(character)
    return
  line = os.open(port, os.O_WRONLY | os.O_NOCTTY)
  time.sleep(2)  # the board resets when the port is opened
  os.write(line, character.encode('ascii'))
  os.close(line)


picture = sys.argv[1]
port = sys.argv[2] if len(sys.argv) > 2 else None

lid = '0'
for label in labels_of(picture):
  what = label.description
  if what == 'Food' or what == 'Plastic' or what == 'Junk food':
    lid = '1'
    break
  elif what == 'Drinkware' or what == 'Wood':
    lid = '2'
    break

send(lid, port)
