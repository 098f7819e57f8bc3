import json
import os
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import urlopen

SERVICE = 'https://kgsearch.googleapis.com/v1/entities:search?'


def lookup(name):
    """A sentence about `name` from the Knowledge Graph; needs KG_API_KEY in the environment."""
    if 'KG_API_KEY' not in os.environ:
        return None
    query = urlencode({'query': name, 'limit': 1, 'key': os.environ['KG_API_KEY']})
    try:
        with urlopen(SERVICE + query, timeout=10) as answer:
            elements = json.load(answer)['itemListElement']
    except URLError:
        return None
    if not elements:
        return None
    return elements[0]['result'].get('detailedDescription', {}).get('articleBody')
