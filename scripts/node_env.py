#!/usr/bin/env python3
"""Prints a folder in which the given Node packages are installed, making it first if there is none.

    python3 scripts/node_env.py NAME PACKAGE [PACKAGE ...]

The folder is `target/node-NAME/` and is made anew when the list of packages, or Node, changes. Exit status 3, and a line
that says why, where this machine has no Node (of version 20.15 or newer) with npm.
"""

import argparse
import json
import shutil
import subprocess
import sys

from target import TARGET, SetupError, locked, run

# The oldest release line that the packages of Google and AWS support, from when it had `zlib.crc32`.
OLDEST = (20, 15)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name")
    parser.add_argument("packages", nargs="+", metavar="PACKAGE")
    arguments = parser.parse_args()
    node = version()
    folder = TARGET / ("node-%s" % arguments.name)
    try:
        with locked(folder):
            print(find_or_make(folder, node, arguments.packages))
    except SetupError as error:
        sys.exit("node: %s" % error)


def version():
    """The version of Node, of which there must be one that will do."""
    if not shutil.which("node") or not shutil.which("npm"):
        missing("there is no node with npm on the path")
    found = subprocess.run(["node", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    if tuple(int(part) for part in found.lstrip("v").split(".")[:2]) < OLDEST:
        missing("node is %s; this needs %d.%d or newer" % (found, *OLDEST))
    return found


def missing(why):
    print(why)
    sys.exit(3)


def find_or_make(folder, node, packages):
    stamp = folder / "packages.txt"
    wanted = "\n".join([node, *packages])
    if stamp.is_file() and stamp.read_text() == wanted:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    # Without a file of its own, npm would install into the nearest folder above that has one.
    (folder / "package.json").write_text(json.dumps({"private": True}))
    print("node: setting up %s" % folder.name, file=sys.stderr)
    run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", "--save-exact", *packages], cwd=folder)
    stamp.write_text(wanted)
    return folder


if __name__ == "__main__":
    main()
