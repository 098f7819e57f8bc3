#!/usr/bin/env python3
"""Chef Buddy: show me a fruit and I tell you what to do with it."""
import argparse
import random

from local_vision import local_vision

IDEAS = {
    'Banana': ['banana bread', 'banana lassi', 'chips, thinly sliced and fried'],
    'Apple': ['apple crumble', 'waldorf salad'],
    'Mango': ['mango sticky rice', 'aamras', 'mango pickle'],
    'Water Melon': ['a salad with feta and mint'],
    'Grapes': ['raita with grapes', 'a cheese board'],
    'Orange': ['marmalade', 'orange and fennel salad'],
    'kiwi': ['a green smoothie'],
    'pears': ['pears poached in red wine'],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('picture')
    parser.add_argument('--all', action='store_true', help='every idea, not just one')
    options = parser.parse_args()

    fruit = local_vision(options.picture)
    if fruit is None:
        print("I don't know this one. Is it a fruit?")
        return
    ideas = IDEAS[fruit]
    if not options.all:
        ideas = [random.choice(ideas)]
    for idea in ideas:
        print('{}: how about {}?'.format(fruit, idea))


if __name__ == '__main__':
    main()
