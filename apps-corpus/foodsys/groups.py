"""The labels that count in the diary, by the kind of entry they make."""

TREATS = {
    "Dessert", "Roasting", "Cheese", "Flatbread", "Pie", "Dog", "Chocolate", "Sugar",
    "Hamburger", "Cake", "Butter", "Nachos", "Bacon", "Cupcake", "Cream", "Candy", "Pizza",
    "Cheeseburger", "Waffle", "Pastry", "Sprinkles", "Snack", "Pancake", "Custard", "Fudge",
    "Loaf", "Biscuit", "Cracker", "Pretzel", "Prosciutto", "Ham", "Sausage", "Patty",
    "Barbecue", "Grillades",
}

MEALS = {
    "Grilling", "Naporitan", "Bucatini", "Sandwich", "Taco", "Burrito", "Vermicelli",
    "Noodle", "Toast", "Wrap", "Steak", "Beef", "Ribs", "Pork", "Pasta", "Macaroni",
    "Spaghetti", "Penne", "Bread", "Meatball", "Brisket", "Soup",
}

FRESH = {
    # from the garden
    "Strawberries", "Superfood", "Lettuce", "Peach", "Fattoush", "Leaf", "Kiwifruit",
    "Pomegranate", "Spinach", "Broccoli", "Grapefruit", "Lemon", "Raspberry", "Strawberry",
    "Radish", "Cabbage", "Turnip", "Agaric", "Mushroom", "Potato", "Juice", "Arugula",
    "Avocado", "Cherry", "Carrot", "Pomelo", "Citrus", "Cauliflower", "Watermelon",
    "Vegetable", "Apple", "Orange", "Fruit", "Salad", "Banana", "Mango", "Olive", "Pear",
    "Coconut", "Pineapple", "Cucumber", "Tomato",
    # from the sea, and one from the spit
    "Homarus", "Fish", "Clam", "Oyster", "Crab", "Lobster", "Shrimp", "Sushi", "Seafood",
    "Rotisserie",
}

VICES = {"Cigarette", "Alcohol", "Beer", "Wine"}

SPORT = {"Exercise", "Sports", "Gym", "Training", "Dumbbell", "Barbell"}

GROUPS = {
    "treat": TREATS,
    "meal": MEALS,
    "fresh": FRESH,
    "vice": VICES,
    "sport": SPORT,
}
