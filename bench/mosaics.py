"""Pictures of several things, made of images of one thing each: four images beside each other, with all their labels.

    python3 -m venv VENV && VENV/bin/pip install pillow pyarrow
    VENV/bin/python bench/mosaics.py TINY_IMAGENET MOSAICS
    chameleon evaluate apps-corpus --data MOSAICS

    VENV/bin/python bench/mosaics.py TINY_IMAGENET SCENES --objects trainer/src/objects/names.txt
    chameleon evaluate apps-corpus --data SCENES

    VENV/bin/python bench/mosaics.py TINY_IMAGENET SCENES --objects trainer/src/objects/names.txt --boxes --alike 0.5
    chameleon evaluate bench/counts --data SCENES

TINY_IMAGENET holds train-*.parquet, validation-*.parquet (columns image, label; with --boxes bbox, too) and classes.txt
(number, WordNet id, name).
Training pictures are made of the last two training shards, tuning and test pictures of one half of the validation images
each; no image is in two splits. With --objects labels are the names of objects that the file gives the classes, a third of
the images is shown alone, the others in mosaics, and none twice: the scenes that the detector's bank is made of. With
--boxes every object is listed with its box, as COCO lists instances, so that how many there are is known, too; with
--alike a share of the mosaics has two to four images with one name in common.
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


def read(files, boxes):
    """Encoded images with their classes and, if asked for, where the object of that class is."""
    columns = ["image", "label"] + ["bbox"] * boxes
    rows = []
    for file in files:
        table = pyarrow.parquet.read_table(file, columns=columns)
        rows += [(row["image"]["bytes"], row["label"], row.get("bbox")) for row in table.to_pylist()]
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


def scenes(images, names, alike, chance):
    """A third of the images alone, the others in groups of four, none twice; a share of the groups are of one kind."""
    images = chance.sample(images, len(images))
    alone, together = images[: len(images) // 3], images[len(images) // 3 :]
    if alike:
        return [[image] for image in alone] + kinds(together, names, alike, chance)
    fours = range(0, len(together) - len(together) % 4, 4)
    return [[image] for image in alone] + [together[start : start + 4] for start in fours]


def kinds(images, names, alike, chance):
    """Groups of four, none twice: of a share of the groups two to four images have their broadest name in common."""
    left = dict.fromkeys(range(len(images)))
    named = {}
    for place, (_, label, _) in enumerate(images):
        named.setdefault((names[label] or [None])[-1], []).append(place)
    groups = []
    while len(left) >= len(CORNERS):
        first = next(iter(left))
        group = [first]
        kind = (names[images[first][1]] or [None])[-1]
        wanted = chance.randint(2, len(CORNERS)) if kind and chance.random() < alike else 1
        del left[first]
        while named[kind] and len(group) < wanted:
            place = named[kind].pop()
            if place in left:
                group.append(place)
                del left[place]
        while len(group) < len(CORNERS):
            group.append(next(iter(left)))
            del left[group[-1]]
        groups.append([images[place] for place in chance.sample(group, len(group))])
    return groups


def picture(images):
    """One image, or four beside each other."""
    decoded = [Image.open(io.BytesIO(encoded)).convert("RGB") for encoded, *_ in images]
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
        labels = list(dict.fromkeys(name for _, label, _ in images for name in names[label]))
        yield {"file_name": file, "labels": labels, "split": split}


def special(names):
    """The names of each class that say more than its others: those that always come along with one are left out."""
    classes_of = {}
    for number, own in names.items():
        for name in own:
            classes_of.setdefault(name, set()).add(number)

    def is_special(name, own):
        others = own[: own.index(name)]
        return not any(classes_of[other] < classes_of[name] for other in own) and not any(
            classes_of[other] == classes_of[name] for other in others
        )

    return {number: [name for name in own if is_special(name, own)] for number, own in names.items()}


def instances(groups, split, names, out):
    """Writes pictures, and the list of their objects as COCO has it."""
    known = sorted({name for all_names in names.values() for name in all_names})
    category = {name: number for number, name in enumerate(known, 1)}
    annotations = []
    for number, (images, _) in enumerate(zip(groups, write(groups, split, names, out))):
        for (_, label, (left, top, right, bottom)), (x, y) in zip(images, CORNERS):
            box = [x + left, y + top, right + 1 - left, bottom + 1 - top]
            for name in names[label]:
                shown = {"id": len(annotations) + 1, "image_id": number, "category_id": category[name], "bbox": box}
                annotations.append(shown | {"iscrowd": 0})
    listed = {
        "images": [{"id": number, "file_name": f"{number}.png"} for number in range(len(groups))],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in category.items()],
    }
    (out / "annotations").mkdir(exist_ok=True)
    (out / "annotations" / f"instances_{split}.json").write_text(json.dumps(listed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("images", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--training", type=int, help="training pictures [default: 20000; of scenes, all that there are]")
    parser.add_argument("--objects", type=Path, help="file of lines `WordNet id and name of a class: names of objects`")
    parser.add_argument("--boxes", action="store_true", help="list every object with its box, as COCO does")
    parser.add_argument("--alike", type=float, default=0, help="share of the mosaics with several things of one kind")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    if (arguments.boxes or arguments.alike) and not arguments.objects:
        parser.error("--boxes and --alike need --objects")
    chance = random.Random(arguments.seed)
    known = classes(arguments.images / "classes.txt")
    names = objects(arguments.objects, known) if arguments.objects else {n: [name] for n, (_, name) in known.items()}
    training = read(sorted(arguments.images.glob("train-*.parquet"))[-2:], arguments.boxes)
    held_out = read(sorted(arguments.images.glob("validation-*.parquet")), arguments.boxes)
    chance.shuffle(held_out)
    half = len(held_out) // 2
    parts = {"train": training, "validation": held_out[:half], "test": held_out[half:]}
    groups_of = {}
    for split, images in parts.items():
        if arguments.objects:
            groups_of[split] = scenes([image for image in images if image[1] in names], names, arguments.alike, chance)
            if split == "train" and arguments.training:
                groups_of[split] = chance.sample(groups_of[split], min(arguments.training, len(groups_of[split])))
        else:
            groups_of[split] = mosaics(images, (arguments.training or 20_000) if split == "train" else half, chance)
    if arguments.boxes:
        for split, groups in groups_of.items():
            instances(groups, split, special(names), arguments.out)
        return
    with open(arguments.out.with_suffix(".jsonl.part"), "w") as lines:
        for split, groups in groups_of.items():
            for line in write(groups, split, names, arguments.out):
                lines.write(json.dumps(line) + "\n")
    arguments.out.with_suffix(".jsonl.part").rename(arguments.out / "metadata.jsonl")


if __name__ == "__main__":
    main()
