#!/usr/bin/env python3
"""The whole path on one application: analyze, derive the loss, customize, serve, compare. `make demo` runs it.

Everything it makes lies in `target/demo/`. The photographs come with two Python packages that it installs there.
Needs only Python's standard library, and the two binaries that `make build` makes.
"""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "target" / "demo"
APP = Path("apps-corpus") / "garbage-sorter"
NAME = "garbage-sorter"
CLIENT = ["google-cloud-vision==3.16.0"]
# Installed without their dependencies: only their example photographs are wanted.
PHOTO_PACKAGES = ["scikit-image==0.26.0", "scikit-learn==1.9.1"]
PHOTOS = ["skimage/data/coffee.png", "skimage/data/astronaut.png", "skimage/data/coins.png",
          "skimage/data/motorcycle_left.png", "skimage/data/chelsea.png", "sklearn/datasets/images/flower.jpg"]


def main():
    os.chdir(ROOT)
    DEMO.mkdir(parents=True, exist_ok=True)
    os.environ["CHAMELEON_HOME"] = str(DEMO / "home")
    started = time.monotonic()
    python = set_up_python()
    photos = copy_photos(python)

    step("1. What does the application decide?")
    chameleon("analyze", APP)
    step("2. Which errors change that decision? The loss that punishes only those")
    chameleon("loss", APP)
    step("3. A model customized for it, and what it is worth")
    chameleon("customize", APP, "--app", NAME)
    step("4. The unchanged application, with the generic model")
    chameleon("run", "--generic", "--", python, APP / "app.py", *photos)
    step("5. The unchanged application, with its own model")
    chameleon("run", "--app", NAME, "--", python, APP / "app.py", *photos)
    step("6. The report")
    report = DEMO / "report.html"
    chameleon("report", NAME, "--out", report.relative_to(ROOT), *photos)
    print("\nOpen %s in a browser. Done in %.0f s." % (report.relative_to(ROOT), time.monotonic() - started))


def set_up_python():
    command = [sys.executable, "scripts/python_env.py", "demo", *CLIENT, "--bare", *PHOTO_PACKAGES]
    return Path(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.strip())


def copy_photos(python):
    packages = next((python.parent.parent / "lib").glob("python3*")) / "site-packages"
    folder = DEMO / "photos"
    folder.mkdir(exist_ok=True)
    copies = []
    for photo in PHOTOS:
        copy = folder / Path(photo).name
        copy.write_bytes((packages / photo).read_bytes())
        copies.append(copy.relative_to(ROOT))
    return copies


def step(title):
    print("\n\033[1m%s\033[0m" % title if sys.stdout.isatty() else "\n== %s" % title, flush=True)


def chameleon(*arguments):
    """Runs one command as a user would type it, and stops the demo when it fails."""
    words = ["target/release/chameleon", *(str(argument) for argument in arguments)]
    shown = ["chameleon", *words[1:]]
    print("$ " + shlex.join("python" if word.endswith("/bin/python") else word for word in shown) + "\n", flush=True)
    status = subprocess.run(words).returncode
    if status != 0:
        sys.exit("the demo stops here: the command ended with status %d" % status)


if __name__ == "__main__":
    main()
