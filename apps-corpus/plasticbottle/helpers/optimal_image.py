"""Makes the bottle fill the tile of the ideas page."""
from google.cloud import vision


def optimal_image(path, tiles):
    """Notes in `tiles` which part of the picture to show. False: no bottle, keep the picture out."""
    try:
        client = vision.ImageAnnotatorClient()
        with open(path, 'rb') as picture:
            image = vision.Image(content=picture.read())
        objects = client.object_localization(image=image).localized_object_annotations

        for found in objects:
            if found.name == 'Packaged goods' or found.name == 'Bottle' or found.name == 'Plastic Bottle':
                corners = objects[0].bounding_poly.normalized_vertices
                tiles[path] = (corners[0].x, corners[0].y, corners[2].x, corners[2].y)
                return True
        return False
    except Exception as problem:
        print('optimal_image:', problem)
        return False
