"""Calbot: tell it what you eat by showing it.

    $ python bot.py lunch.jpg
    apple: 52 kcal per 100 g

Without a photo it chats: one path per line, "total" for the sum, "bye" to leave.
"""
import sys

from Mods.calbot import calculate


def reply(record):
    if record['kcal'] is None:
        return record['food']
    return '%(food)s: %(kcal).0f kcal per 100 g' % record


def chat():
    total = 0
    while True:
        line = input('you> ').strip()
        if line == 'bye':
            return
        if line == 'total':
            print('bot> %.0f kcal so far' % total)
            continue
        try:
            record = calculate(line)
        except FileNotFoundError:
            print('bot> I cannot open that.')
            continue
        total += record['kcal'] or 0
        print('bot> ' + reply(record))


if __name__ == '__main__':
    if len(sys.argv) > 1:
        print(reply(calculate(sys.argv[1])))
    else:
        chat()
