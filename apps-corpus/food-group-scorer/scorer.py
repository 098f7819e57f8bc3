"""Healthy Plate - take a picture of your lunch, get stars!

  python scorer.py lunch.jpg
"""
import sys

from google.cloud import vision

grains_list = ["Noodle", "Pasta", "Al dente", "Sliced bread", "Whole wheat bread", "White bread",
               "Bread", "Bun", "Hamburger", "Stringozzi", "Rice"]
protein_list = ["Meat", "Patty", "Seed", "Nut", "Cashew family", "Ventricina"]
veggies_list = ["Produce", "Leaf vegetable", "Vegetable", "Root vegetable", "Artichoke", "Broccoli",
                "Carrot", "Carrots", "Bean", "Beans", "Salad"]
dairy_list = ["Milk", "milk", "Lowfat milk", "Yogurt", "Butter", "Ice cream", "Cheese", "Paneer"]
fruits_list = ["Fruit", "Fruits", "Apple", "Apples", "Orange", "Produce", "Salad",
               "rasberry", "strawberry", "blackberry", "blueberry"]
junk_list = ["French fries", "Junk food", "Fried food", "Hamburger"]


def upload_image(path):
    client = vision.ImageAnnotatorClient()
    with open(path, "rb") as f:
        image = vision.Image(content=f.read())

    hasGrains = False
    hasProtein = False
    hasVeggies = False
    hasDairy = False
    hasFruits = False
    hasJunk = False

    # what does it look like?
    labels = client.label_detection(image=image).label_annotations
    for label in labels:
        if label.description in grains_list:
            hasGrains = True
        elif label.description in protein_list:
            hasProtein = True
        elif label.description in veggies_list:
            hasVeggies = True
        elif label.description in dairy_list:
            hasDairy = True
        elif label.description in fruits_list:
            hasFruits = True
        elif label.description in junk_list:
            hasJunk = True

    # what is written on the package?
    texts = client.text_detection(image=image).text_annotations
    for text in texts:
        if text.description in grains_list:
            hasGrains = True
        elif text.description in protein_list:
            hasProtein = True
        elif text.description in veggies_list:
            hasVeggies = True
        elif text.description in dairy_list:
            hasDairy = True
        elif text.description in fruits_list:
            hasFruits = True
        elif text.description in junk_list:
            hasJunk = True

    # and which things are on the plate?
    objects = client.object_localization(image=image).localized_object_annotations
    for obj in objects:
        if obj.name in grains_list:
            hasGrains = True
        elif obj.name in protein_list:
            hasProtein = True
        elif obj.name in veggies_list:
            hasVeggies = True
        elif obj.name in dairy_list:
            hasDairy = True
        elif obj.name in fruits_list:
            hasFruits = True
        elif obj.name in junk_list:
            hasJunk = True

    stars = 0
    lines = []
    for name, has in (("grains", hasGrains), ("protein", hasProtein), ("vegetables", hasVeggies),
                      ("dairy", hasDairy), ("fruits", hasFruits)):
        if has:
            stars += 1
            lines.append("Your meal contains " + name + ".")
        else:
            lines.append("Your meal does not contain " + name + ".")
    if hasJunk:
        stars -= 1
        lines.append("Your meal contains junk food, that costs you a star.")
    else:
        lines.append("Your meal does not contain junk food.")

    return max(stars, 0), lines


if __name__ == "__main__":
    stars, lines = upload_image(sys.argv[1])
    print("\n".join(lines))
    print("*" * stars or "no stars this time")
