"""Words in Comic Sans, all over the place."""
import random

DOG = ["such dog", "very fluff", "much fur", "so paws", "many bork"]
NO_DOG = ["such empty", "very not dog", "much confuse", "so sad"]


def caption(dog: bool, rng: random.Random) -> str:
    lines = rng.sample(DOG if dog else NO_DOG, 3)
    return "\n".join(" " * rng.randrange(24) + line for line in lines + ["wow"])
