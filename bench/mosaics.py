"""Pictures of several things, made of images of one thing each: four images beside each other, with all their labels.

    python3 -m venv VENV && VENV/bin/pip install pillow pyarrow
    VENV/bin/python bench/mosaics.py TINY_IMAGENET MOSAICS
    chameleon evaluate apps-corpus --data MOSAICS

TINY_IMAGENET holds train-*.parquet, validation-*.parquet (columns image, label) and classes.txt (number, WordNet id, name).
Training pictures are made of the last two training shards, tuning and test pictures of one half of the validation images
each; no image is in two splits.
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


def read(files):
    """Encoded images with their classes."""
    rows = []
    for file in files:
        table = pyarrow.parquet.read_table(file, columns=["image", "label"])
        rows += [(row["image"]["bytes"], row["label"]) for row in table.to_pylist()]
    return rows


def endless(items, chance):
    """All of them in random order, again and again."""
    while True:
        yield from chance.sample(items, len(items))


def write(images, count, split, names, out, chance):
    """Writes pictures and yields their lines."""
    (out / split).mkdir(parents=True)
    source = endless(images, chance)
    for number in range(count):
        four = [next(source) for _ in CORNERS]
        picture = Image.new("RGB", (2 * SIDE, 2 * SIDE))
        for (encoded, _), corner in zip(four, CORNERS):
            picture.paste(Image.open(io.BytesIO(encoded)).convert("RGB"), corner)
        file = f"{split}/{number}.png"
        picture.save(out / file)
        yield {"file_name": file, "labels": [names[label] for _, label in four], "split": split}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--training", type=int, default=20_000, help="training pictures")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    chance = random.Random(arguments.seed)
    with open(arguments.images / "classes.txt") as lines:
        names = {int(number): name for number, _, name in (line.rstrip("\n").split("\t") for line in lines)}
    training = read(sorted(arguments.images.glob("train-*.parquet"))[-2:])
    held_out = read(sorted(arguments.images.glob("validation-*.parquet")))
    chance.shuffle(held_out)
    half = len(held_out) // 2
    parts = [
        (training, arguments.training, "train"),
        (held_out[:half], half, "validation"),
        (held_out[half:], half, "test"),
    ]
    with open(arguments.out.with_suffix(".jsonl.part"), "w") as lines:
        for images, count, split in parts:
            for line in write(images, count, split, names, arguments.out, chance):
                lines.write(json.dumps(line) + "\n")
    arguments.out.with_suffix(".jsonl.part").rename(arguments.out / "metadata.jsonl")


if __name__ == "__main__":
    main()
