import shutil
from pathlib import Path


class Album:
    """A folder tree on the NAS that the photo frame shows."""

    def __init__(self, root):
        self.root = Path(root)

    def put(self, file_path, folder):
        target = self.root / folder
        target.mkdir(parents=True, exist_ok=True)
        return shutil.copy(str(file_path), str(target))
