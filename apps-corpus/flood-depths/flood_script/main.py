"""python main.py street1.jpg street2.jpg ...   prints a CSV of depths."""
import csv
import sys

import depth
import detect_objects


def main(img_paths):
    writer = csv.writer(sys.stdout)
    writer.writerow(['image', 'vehicle', 'depth_m'])
    for crop in detect_objects.crop_flooded_objects_boundary(img_paths):
        writer.writerow([crop['image'], crop['kind'], depth.estimate(crop)])


if __name__ == '__main__':
    main(sys.argv[1:])
