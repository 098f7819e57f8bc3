import os
import tempfile

from google.cloud import vision

from .crop import crop_to_file

# 음식으로 볼 수 있는 것들
FOODS = ['Pizza', 'Food', 'Sushi', 'Baked goods', 'Snack', 'Cake', 'Dessert']


def localize_objects(path):
    """Cuts every dish out of the photo of a table; returns the files with the cuttings."""
    client = vision.ImageAnnotatorClient()

    with open(path, 'rb') as image_file:
        image = vision.Image(content=image_file.read())

    objects = client.object_localization(image=image).localized_object_annotations

    folder = tempfile.mkdtemp(prefix='lastmeal')
    cut_paths = []
    for index, object_ in enumerate(objects):
        if object_.name not in FOODS:
            continue
        vertices = object_.bounding_poly.normalized_vertices
        target = os.path.join(folder, '%d%s' % (index, os.path.splitext(path)[1]))
        crop_to_file(path, [(v.x, v.y) for v in vertices], target)
        cut_paths.append(target)

    return cut_paths
