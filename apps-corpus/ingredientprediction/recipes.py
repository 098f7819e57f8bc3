"""What can I cook with what is on the table?    python recipes.py table.jpg"""
import sys

from Tag_Getter2 import finalprint

# needs: spaghetti, beans, naan
RECIPES = [
    ("Spaghetti aglio e olio", [1, 0, 0]),
    ("Pasta e fagioli", [1, 1, 0]),
    ("Rajma with naan", [0, 1, 1]),
    ("Garlic naan", [0, 0, 1]),
    ("Bean salad", [0, 1, 0]),
]


def possible(have):
    found = []
    for name, need in RECIPES:
        if all(h >= n for h, n in zip(have, need)):
            found.append(name)
    return found


if __name__ == '__main__':
    dishes = possible(finalprint(sys.argv[1]))
    if dishes:
        print("You could make:")
        for dish in dishes:
            print(" *", dish)
    else:
        print("Time to go shopping.")
