"""Pictures of several things, made of images of one thing each: four images beside each other, with all their labels.

    python3 -m venv VENV && VENV/bin/pip install pillow pyarrow
    VENV/bin/python bench/mosaics.py TINY_IMAGENET MOSAICS
    chameleon evaluate apps-corpus --data MOSAICS

    VENV/bin/python bench/mosaics.py TINY_IMAGENET SCENES --objects trainer/src/objects/names.txt
    chameleon evaluate apps-corpus --data SCENES

TINY_IMAGENET holds train-*.parquet, validation-*.parquet (columns image, label) and classes.txt (number, WordNet id, name).
Training pictures are made of the last two training shards, tuning and test pictures of one half of the validation images
each; no image is in two splits. With --objects labels are the names of objects that the file gives the classes, a third of
the images is shown alone, the others in mosaics, and none twice: the scenes that the detector's bank is made of.
"""

import argparse
import io
import json
import random
from pathlib import Path

import pyarrow.parquet
from PIL import Image

SIDE = 64
CORNERS = [(0, 0), (SIDE, 0), (0, SIDE), (SIDE, SIDE)]
# In the file of objects, instead of names: classes whose images show none, and those that are left out.
BACKGROUND, LEFT_OUT = "-", "?"


def read(files):
    """Encoded images with their classes."""
    rows = []
    for file in files:
        table = pyarrow.parquet.read_table(file, columns=["image", "label"])
        rows += [(row["image"]["bytes"], row["label"]) for row in table.to_pylist()]
    return rows


def classes(file):
    """WordNet id and name of each class, by number."""
    with open(file) as lines:
        rows = [line.rstrip("\n").split("\t") for line in lines]
    return {int(number): (wnid, name) for number, wnid, name in rows}


def objects(file, known):
    """Names of the objects of each class, by number; without the classes that are left out."""
    with open(file) as lines:
        rows = [line.strip().split(": ") for line in lines if line.strip() and not line.startswith("#")]
    of_wnid = {row[0].split()[0]: row[-1] for row in rows}
    if unknown := sorted({wnid for wnid, _ in known.values()} - set(of_wnid)):
        raise SystemExit(f"{file}: no line for class {unknown[0]}")
    named = {number: of_wnid[wnid] for number, (wnid, _) in known.items() if of_wnid[wnid] != LEFT_OUT}
    return {number: [] if names == BACKGROUND else names.split(", ") for number, names in named.items()}


def endless(items, chance):
    """All of them in random order, again and again."""
    while True:
        yield from chance.sample(items, len(items))


def mosaics(images, count, chance):
    """Groups of four, of images that may be in several."""
    source = endless(images, chance)
    return [[next(source) for _ in CORNERS] for _ in range(count)]


def scenes(images, chance):
    """A third of the images alone, the others in groups of four, none twice."""
    images = chance.sample(images, len(images))
    alone, together = images[: len(images) // 3], images[len(images) // 3 :]
    fours = range(0, len(together) - len(together) % 4, 4)
    return [[image] for image in alone] + [together[start : start + 4] for start in fours]


def picture(images):
    """One image, or four beside each other."""
    decoded = [Image.open(io.BytesIO(encoded)).convert("RGB") for encoded, _ in images]
    if len(decoded) == 1:
        return decoded[0]
    mosaic = Image.new("RGB", (2 * SIDE, 2 * SIDE))
    for image, corner in zip(decoded, CORNERS):
        mosaic.paste(image, corner)
    return mosaic


def write(groups, split, names, out):
    """Writes pictures and yields their lines."""
    (out / split).mkdir(parents=True)
    for number, images in enumerate(groups):
        file = f"{split}/{number}.png"
        picture(images).save(out / file)
        labels = list(dict.fromkeys(name for _, label in images for name in names[label]))
        yield {"file_name": file, "labels": labels, "split": split}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--training", type=int, help="training pictures [default: 20000; of scenes, all that there are]")
    parser.add_argument("--objects", type=Path, help="file of lines `WordNet id and name of a class: names of objects`")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    known = classes(arguments.images / "classes.txt")
    names = objects(arguments.objects, known) if arguments.objects else {n: [name] for n, (_, name) in known.items()}
    training = read(sorted(arguments.images.glob("train-*.parquet"))[-2:])
    held_out = read(sorted(arguments.images.glob("validation-*.parquet")))
    chance.shuffle(held_out)
    half = len(held_out) // 2
    parts = {"train": training, "validation": held_out[:half], "test": held_out[half:]}
    with open(arguments.out.with_suffix(".jsonl.part"), "w") as lines:
        for split, images in parts.items():
            if arguments.objects:
                groups = scenes([image for image in images if image[1] in names], chance)
                if split == "train" and arguments.training:
                    groups = chance.sample(groups, min(arguments.training, len(groups)))
            else:
                groups = mosaics(images, (arguments.training or 20_000) if split == "train" else half, chance)
            for line in write(groups, split, names, arguments.out):
                lines.write(json.dumps(line) + "\n")
    arguments.out.with_suffix(".jsonl.part").rename(arguments.out / "metadata.jsonl")


if __name__ == "__main__":
    main()
