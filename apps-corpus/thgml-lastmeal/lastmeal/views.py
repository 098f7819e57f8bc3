"""The diary page: one photo in, one line per dish out."""
import datetime
import os

from .object_detection import localize_objects


def guess_dish(cut_path):
    # The dish classifier isn't trained yet. Big cuttings are main courses.
    return 'main' if os.path.getsize(cut_path) > 40000 else 'side'


def upload(photo_path):
    today = datetime.date.today().isoformat()
    dishes = []
    for cut_path in localize_objects(photo_path):
        dishes.append({'date': today, 'file': cut_path, 'dish': guess_dish(cut_path)})
    return dishes
