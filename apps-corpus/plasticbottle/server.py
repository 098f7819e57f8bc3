"""Builds the page of reuse ideas: python server.py idea1.jpg idea2.jpg > ideas.html"""
import html
import sys

from helpers.optimal_image import optimal_image

TILE = ('<div style="width:300px;height:300px;background:url({url});background-size:{zoom}% auto;'
        'background-position:{left}% {top}%"></div>')


def tile(path, box):
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    # a background position of 100% means flush with the far edge
    return TILE.format(url=html.escape(path), zoom=round(100 / max(width, 0.01)),
                       left=round(100 * left / max(1 - width, 0.01)), top=round(100 * top / max(1 - height, 0.01)))


def page(paths):
    tiles = {}
    for path in paths:
        if not optimal_image(path, tiles):
            print('no bottle on %s' % path, file=sys.stderr)
    return '\n'.join(tile(path, box) for path, box in tiles.items())


if __name__ == '__main__':
    print(page(sys.argv[1:]))
