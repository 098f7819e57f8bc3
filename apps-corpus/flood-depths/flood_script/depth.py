"""A crude model of how deep a vehicle stands in the water.

A dry vehicle has a typical height for its length. What is missing from the
height of the box is taken to be under water.
"""

# height / length, and height in metres
TYPICAL = {
    'Car': (0.33, 1.5),
    'Van': (0.40, 2.0),
    'Truck': (0.42, 2.6),
    'Boat': (0.30, 1.4),
    'Toy vehicle': (0.45, 0.3),
}


def estimate(crop, aspect=4 / 3):
    """Depth in metres; `aspect` is the width of the photograph over its height."""
    left, top, right, bottom = crop['box']
    ratio, height = TYPICAL[crop['kind']]
    if right <= left:
        return 0.0
    visible = (bottom - top) / ((right - left) * aspect)
    return round(height * max(0.0, 1 - visible / ratio), 2)
