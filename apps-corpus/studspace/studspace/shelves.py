"""Shelves of the students' workshop.

Anybody can put down anything on the open shelves. Tools and electronics go
behind the mesh and are lent out against a student card.
"""
from studspace.vision_api import LabelDetector

LOCKED_UP = ("hardware", "electronics", "drill")


def needs_locker(path: str) -> bool:
    """Whether the thing on the picture belongs behind the mesh."""

    def valuable(description: str) -> bool:
        folded = description.lower()
        for word in LOCKED_UP:
            if word in folded:
                return True
        return False

    found = False
    for description in LabelDetector().labels(path):
        if valuable(description):
            found = True
            break
    return found
