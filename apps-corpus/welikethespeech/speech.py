#!/usr/bin/env python3
"""Usage: speech.py transcript.txt"""
import sys

from cloud_api import process

if len(sys.argv) != 2:
    sys.exit(__doc__)
with open(sys.argv[1], encoding="utf-8") as transcript:
    rating = process(transcript.read())
print("we like the speech" if rating > 0 else "we don't like the speech", "(%.2f)" % rating)
