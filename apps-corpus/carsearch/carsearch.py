#!/usr/bin/env python3
"""Saw a car you like? Photograph it and find out what similar ones cost.

    carsearch.py photo.jpg --listings used.csv --max-price 9000

The listings are a CSV with the columns make, model, year, price. The photo only has to be
one of a car; which make it is you have to type in yourself (--make).
"""
import argparse
import csv
import sys

from google.cloud import vision

VEHICLES = [
    'sedan',
    'mini suv',
    'coupe utility',
    'truck',
    'van',
    'convertible',
]


def annotate(filename):
    with open(filename, 'rb') as photo:
        content = photo.read()
    client = vision.ImageAnnotatorClient()
    response = client.label_detection(image=vision.Image(content=content))
    if response.error.message:
        raise SystemExit(response.error.message)
    return response.label_annotations


def is_vehicle(filename):
    found = False
    for label in annotate(filename):
        if label.description.lower() in VEHICLES:
            found = True
    return found


def search(listings, make=None, max_price=None):
    with open(listings, newline='') as f:
        for car in csv.DictReader(f):
            if make and car['make'].lower() != make.lower():
                continue
            if max_price and float(car['price']) > max_price:
                continue
            yield car


def main():
    parser = argparse.ArgumentParser(description='Find cars like the one on a photo.')
    parser.add_argument('photo')
    parser.add_argument('--listings')
    parser.add_argument('--make')
    parser.add_argument('--max-price', type=float)
    args = parser.parse_args()

    if not is_vehicle(args.photo):
        print('There is no car in this picture.', file=sys.stderr)
        return 1
    if args.listings is None:
        print('That is a car. Give me --listings to search.')
        return 0
    for car in search(args.listings, args.make, args.max_price):
        print('{year} {make} {model}: {price}'.format(**car))
    return 0


if __name__ == '__main__':
    sys.exit(main())
