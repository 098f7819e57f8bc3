import os

from Mods import Nutrition
from Mods import Vision

FOOD_LIST = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'FOOD.txt')


def is_food(word):
    with open(FOOD_LIST, encoding='utf-8') as foods:
        for line in foods:
            if line.strip() == word:
                return True
    return False


def calculate(photo, ask=Nutrition.calories):
    """A record with the name and the calories of the food on a photo."""
    for label in Vision.detect_labels(photo):
        name = label.description.lower()
        if is_food(name):
            kcal = ask(name)
            if kcal is not None:
                return {'food': name, 'kcal': kcal}
    return {'food': 'Cannot Recognize Food.', 'kcal': None}
