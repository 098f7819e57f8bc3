#!/usr/bin/env python3
"""Prints a PYTHONPATH with which this interpreter imports PyTorch on the CPU, setting it up first if there is none.

PyTorch's wheel for Linux is built for GPUs: its Python parts load gigabytes of CUDA libraries, which a test of a few
formulas does not need. Here they find the CPU libraries that `libtorch.py` unpacks, and small stand-ins for the libraries
of the GPU: whatever the Python parts want from those is a function that is never called without a GPU. Everything lies in
`target/torch-python-<version>/`.

Needs only Python's standard library, pip, and the C compiler and `nm` that every build of the workspace needs for linking.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import libtorch
from target import TARGET, SetupError, locked, run

# What the Python parts import that is neither in the wheel nor in the standard library.
REQUIREMENTS = ["typing_extensions==4.15.0"]

# The libraries of the GPU that the Python parts are linked to.
GPU_LIBRARIES = ["libtorch_cuda.so", "libc10_cuda.so", "libcudnn.so.9", "libcufile.so.0"]

# What everything else they are linked to is found in.
SYSTEM_LIBRARIES = ["libstdc++.so.6", "libgcc_s.so.1", "libc.so.6", "libm.so.6"]


def main():
    try:
        print(find_or_make())
    except SetupError as error:
        sys.exit("torch_python: %s" % error)


def find_or_make():
    folder = TARGET / ("torch-python-%s-cp3%d" % (libtorch.TORCH_VERSION, sys.version_info.minor))
    with locked(folder):
        if not (folder / "complete").is_file():
            make(folder)
    return folder


def make(folder):
    native = libtorch.find_or_install_python()
    with tempfile.TemporaryDirectory(dir=TARGET, prefix="torch-python-setup-") as work:
        tree = Path(work) / "tree"
        # Links would lead back to the folder where only the C++ libraries are looked for.
        shutil.copytree(native / "python", tree, copy_function=os.link)
        libraries = tree / "torch" / "lib"
        for library in sorted((native / "lib").iterdir()):
            if not (libraries / library.name).exists():
                (libraries / library.name).symlink_to(os.path.relpath(library, folder / "torch" / "lib"))
        stand_in(libraries, native / "lib", Path(work))
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        run([*install, "--root-user-action=ignore", "--target", tree, *REQUIREMENTS])
        (tree / "complete").write_text(libtorch.TORCH_VERSION + "\n")
        if folder.exists():
            shutil.rmtree(folder)
        tree.rename(folder)


def stand_in(libraries, native, work):
    """Compiles the libraries of the GPU: one with everything that is wanted, the others empty."""
    wanted = symbols("--undefined-only", [libraries / "libtorch_python.so", native / "libtorch.so"])
    known = symbols("--defined-only", [libraries / "libshm.so", *sorted(native.glob("*.so*"))])
    known |= symbols("--defined-only", [system_library(name) for name in SYSTEM_LIBRARIES])
    missing = sorted(name for name in wanted - known if not name.startswith(("Py", "_Py")))
    full, empty = work / "full.c", work / "empty.c"
    full.write_text("".join(definition(name) + "\n" for name in missing))
    empty.write_text("")
    for at, name in enumerate(GPU_LIBRARIES):
        run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-w", "-Wl,-soname,%s" % name, "-o", libraries / name,
             full if at == 0 else empty, "-lstdc++"])


def definition(symbol):
    """What a symbol of the GPU libraries stands for where there is no GPU."""
    if symbol.startswith("_ZTI"):
        # Types are looked at by name when the module is loaded.
        return ("extern char _ZTVN10__cxxabiv117__class_type_infoE[];"
                'void *%s[8] = {_ZTVN10__cxxabiv117__class_type_infoE + 16, "%s"};' % (symbol, symbol[4:]))
    if symbol.startswith("_ZT"):
        return "char %s[256];" % symbol
    # Some return a place to store a callback in.
    return "void *%s(void) { static char nothing[4096]; return nothing; }" % symbol


def symbols(kind, libraries):
    """The names that libraries want (weak ones apart) or have."""
    found = set()
    for library in libraries:
        listing = subprocess.run(["nm", "-D", kind, str(library)], capture_output=True, text=True)
        if listing.returncode != 0:
            raise SetupError("nm cannot read %s: %s" % (library, listing.stderr.strip()))
        for line in listing.stdout.splitlines():
            *_, letter, name = line.split()
            if letter not in "wv" or kind == "--defined-only":
                found.add(name.split("@")[0])
    return found


def system_library(name):
    command = [os.environ.get("CC", "cc"), "-print-file-name=%s" % name]
    return Path(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip())


if __name__ == "__main__":
    main()
