"""Turns lecture notes into a page of video searches.

    python views.py notes.txt > videos.html
"""
import sys
from html import escape
from urllib.parse import urlencode

from GoogleNLPAPI import sample_analyze_entities

TITLES = (('people', 'Who'), ('placesOrOrganizations', 'Where'), ('other', 'What'))
SEARCH = 'https://www.youtube.com/results?'


def videos(notes):
    found = sample_analyze_entities(notes)
    lines = []
    for key, title in TITLES:
        lines.append('<h2>%s</h2>' % title)
        for name in found[key]:
            query = urlencode({'search_query': name + ' lecture'})
            lines.append('<a href="%s">%s</a>' % (escape(SEARCH + query), escape(name)))
    return '\n'.join(lines)


if __name__ == '__main__':
    print(videos(open(sys.argv[1], encoding='utf-8').read()))
