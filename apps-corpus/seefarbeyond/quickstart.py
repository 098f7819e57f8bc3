"""How much money is on the table?

Lay the coins out, put a teaspoon next to them and take the picture from
straight above.  The spoon gives the scale; all coins are taken to be of one kind.

    python quickstart.py table.jpg 0.25

The last argument is what one coin is worth if there is no spoon to measure by.
"""
import sys

from google.cloud import vision

SPOON_WIDTH_MM = 31.0

# diameter in mm -> value in dollars
US_COINS = {17.91: 0.10, 19.05: 0.01, 21.21: 0.05, 24.26: 0.25}


def width(corners):
    xs = [x for x, y in corners]
    return max(xs) - min(xs)


def nearest_coin(diameter):
    best = min(US_COINS, key=lambda known: abs(known - diameter))
    return US_COINS[best]


def coin_value(coin_corners, spoon_corners):
    """What the first coin is worth, measured against the first spoon."""
    mm_per_unit = SPOON_WIDTH_MM / width(spoon_corners[0])
    return nearest_coin(width(coin_corners[0]) * mm_per_unit)


def total(count, coin_corners, spoon_corners, denomination):
    first = coin_corners[0]
    print('first coin at %.2f, %.2f' % first[0])
    if len(spoon_corners) == 0:
        return count * denomination
    return round(count * coin_value(coin_corners, spoon_corners), 2)


def localize_objects(path, denomination):
    client = vision.ImageAnnotatorClient()

    with open(path, 'rb') as image_file:
        content = image_file.read()
    image = vision.types.Image(content=content)

    objects = client.object_localization(image=image).localized_object_annotations

    number_of_coins = 0
    for object_ in objects:
        if object_.name == 'Coin':
            number_of_coins = number_of_coins + 1
    print('Number of coins found: {}'.format(number_of_coins))

    coin_corners = []
    spoon_corners = []
    for object_ in objects:
        corners = [(v.x, v.y) for v in object_.bounding_poly.normalized_vertices]
        if object_.name == 'Coin':
            coin_corners.append(corners)
        if object_.name == 'Spoon':
            spoon_corners.append(corners)

    return total(number_of_coins, coin_corners, spoon_corners, denomination)


if __name__ == '__main__':
    print('You have $%.2f' % localize_objects(sys.argv[1], float(sys.argv[2])))
