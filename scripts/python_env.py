#!/usr/bin/env python3
"""Prints the interpreter of a virtual environment with the given packages, making it first if there is none.

    python3 scripts/python_env.py NAME [REQUIREMENT ...] [--bare REQUIREMENT ...]

The environment lies in `target/python-NAME/` and is made anew when the list of packages changes. `--bare` packages are
installed without their dependencies. Needs only Python's standard library with `venv`.
"""

import argparse
import os
import shutil
import sys

from target import TARGET, SetupError, locked, run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("requirements", nargs="*", metavar="REQUIREMENT")
    parser.add_argument("--bare", nargs="*", default=[], metavar="REQUIREMENT")
    arguments = parser.parse_args()
    folder = TARGET / ("python-%s" % arguments.name)
    try:
        with locked(folder):
            print(find_or_make(folder, arguments))
    except SetupError as error:
        sys.exit("python: %s" % error)


def find_or_make(folder, arguments):
    interpreter = folder / "bin" / "python"
    stamp = folder / "packages.txt"
    wanted = "\n".join([sys.version, *arguments.requirements, "bare:", *arguments.bare])
    if stamp.is_file() and stamp.read_text() == wanted and os.access(interpreter, os.X_OK):
        return interpreter
    shutil.rmtree(folder, ignore_errors=True)
    print("python: setting up %s" % folder.name, file=sys.stderr)
    run([sys.executable, "-m", "venv", folder])
    install = [interpreter, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    if arguments.requirements:
        run([*install, *arguments.requirements])
    if arguments.bare:
        run([*install, "--no-deps", *arguments.bare])
    stamp.write_text(wanted)
    return interpreter


if __name__ == "__main__":
    main()
