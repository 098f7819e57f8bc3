"""Calories per 100 g, from Edamam's food database.

Wants EDAMAM_ID and EDAMAM_KEY in the environment (free for small use).
"""
import json
import os
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

URL = 'https://api.edamam.com/api/food-database/v2/parser?'


def calories(food):
    """The kilocalories of a food, None if the service does not know it."""
    query = urlencode({
        'app_id': os.environ.get('EDAMAM_ID', ''),
        'app_key': os.environ.get('EDAMAM_KEY', ''),
        'ingr': food,
    })
    try:
        with urlopen(URL + query, timeout=20) as answer:
            hints = json.load(answer)['hints']
    except (URLError, KeyError, ValueError):
        return None
    if not hints:
        return None
    return hints[0]['food']['nutrients'].get('ENERC_KCAL')
