from .labels import labels_of

# Members kept posting the restaurant, the car in front of it and themselves.
DISTRACTIONS = [
    'Building', 'Logo', 'Menu', 'Person', 'Vehicle', 'People', 'Rust',
    'Furniture', 'Room', 'Pub', 'Car', 'Home appliance', 'Kitchen appliance',
]


def review(path):
    """Marks for a photo that somebody wants to post.

    'food' if there is something to eat on it, 'distraction' if there is
    something else to look at; a photo may well get both, or none.
    """
    labels = labels_of(path)
    marks = []
    if 'Food' in labels:
        marks.append('food')
    if any(word in labels for word in DISTRACTIONS):
        marks.append('distraction')
    return marks
