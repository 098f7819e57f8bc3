"""Finds vehicles that can serve as a yardstick in photographs of flooded streets."""

from google.cloud import vision

# Things whose height above the road is roughly known.
FLOODED_OBJECTS = ['Car', 'Van', 'Truck', 'Boat', 'Toy vehicle']


def crop_flooded_objects_boundary(img_paths):
    """
    Find the flooded vehicles.

    Parameters
    ----------
    img_paths : list of str
        Photographs of flooded streets.

    Returns
    -------
    list of dict
        For each vehicle the photograph it is in ('image'), what it is ('kind') and its
        'box' as left, top, right, bottom in parts of the photograph.
    """
    client = vision.ImageAnnotatorClient()
    cropped = []
    for img_path in img_paths:
        with open(img_path, 'rb') as image_file:
            content = image_file.read()
        image = vision.types.Image(content=content)

        response = client.object_localization(image=image)
        for obj in response.localized_object_annotations:
            if obj.name in FLOODED_OBJECTS:
                xs = [vertex.x for vertex in obj.bounding_poly.normalized_vertices]
                ys = [vertex.y for vertex in obj.bounding_poly.normalized_vertices]
                cropped.append({
                    'image': img_path,
                    'kind': obj.name,
                    'box': (min(xs), min(ys), max(xs), max(ys)),
                })
    return cropped
