#!/usr/bin/env python3
"""Prints a directory that works as LIBTORCH, setting one up first if there is none.

An existing LIBTORCH is used as it is. Else the C++ parts of the pinned PyTorch wheel are unpacked once into
`target/libtorch-<version>/`. The wheel is fetched by pip from whichever package index pip is configured for, and checked
against the hashes below. Only the CPU libraries are kept: the wheel's `libtorch_cpu.so` is built with CUDA's profiler,
so it needs two small CUDA runtime libraries to load, but no GPU and no driver. `--cuda` keeps the GPU libraries too. The
wheel's Python parts are kept in `python/`, for `torch_python.py`.

Needs only Python's standard library and pip.
"""

import argparse
import os
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

from target import TARGET, SetupError, locked, run

TORCH_VERSION = "2.11.0"

# The wheels of PyTorch, by the minor version of the Python that they are built for.
WHEELS = {
    10: "1b32ceda909818a03b112006709b02be1877240c31750a8d9c6b7bf5f2d8a6e5",
    11: "7aa2f9bbc6d4595ba72138026b2074be1233186150e9292865e04b7a63b8c67a",
    12: "0f68f4ac6d95d12e896c3b7a912b5871619542ec54d3649cf48cc1edd4dd2756",
    13: "cc89b9b173d9adfab59fd227f0ab5e5516d9a52b658ae41d64e59d2e55a418db",
    14: "4dc8b3809469b6c30b411bb8c4cad3828efd26236153d9beb6a3ec500f211a60",
}

# That for this interpreter; for the C++ libraries alone any does.
MINOR = sys.version_info.minor if sys.version_info.minor in WHEELS else 11
WHEEL_TAGS = ["--python-version", "3.%d" % MINOR, "--implementation", "cp", "--abi", "cp3%d" % MINOR, "--abi", "none"]
WHEEL_PLATFORMS = ["manylinux_2_28_x86_64", "manylinux_2_25_x86_64", "manylinux2014_x86_64", "manylinux_2_17_x86_64"]

REQUIREMENTS = """\
torch==%s --hash=sha256:%s
nvidia-cuda-runtime==13.0.96 --hash=sha256:7f82250d7782aa23b6cfe765ecc7db554bd3c2870c43f3d1821f1d18aebf0548
nvidia-cuda-cupti==13.0.85 --hash=sha256:4eb01c08e859bf924d222250d2e8f8b8ff6d3db4721288cf35d14252a4d933c8
""" % (TORCH_VERSION, WHEELS[MINOR])

CPU_LIBRARIES = {
    "libtorch_cpu.so",
    "libc10.so",
    "libtorch.so",
    "libgomp.so.1",
    "libcudart.so.13",
    "libcupti.so.13",
}

# What the Python parts look for beside these.
PYTHON_LIBRARIES = {"libtorch_python.so", "libtorch_global_deps.so", "libshm.so", "torch_shm_manager"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dest", type=Path, help="where to unpack (default: target/libtorch-%s)" % TORCH_VERSION)
    parser.add_argument("--wheels", type=Path, help="a folder that already holds the wheels; nothing is fetched")
    parser.add_argument("--cuda", action="store_true", help="keep the GPU libraries of the torch wheel too")
    arguments = parser.parse_args()
    try:
        print(find_or_install(arguments))
    except SetupError as error:
        sys.exit("libtorch: %s" % error)


def find_or_install(arguments):
    given = os.environ.get("LIBTORCH")
    if given:
        if not (Path(given) / "lib" / "libtorch_cpu.so").is_file():
            raise SetupError("LIBTORCH is %s, but there is no lib/libtorch_cpu.so in it; unset it or correct it" % given)
        return Path(given)
    name = "libtorch-%s%s" % (TORCH_VERSION, "-cuda" if arguments.cuda else "")
    dest = arguments.dest or TARGET / name
    with locked(dest):
        if not is_complete(dest):
            install(dest, arguments)
    return dest


def find_or_install_python():
    """A directory as above that has the Python parts for this interpreter, in `python/`."""
    if sys.version_info.minor not in WHEELS:
        raise SetupError("there is no wheel of PyTorch %s here for Python 3.%d" % (TORCH_VERSION, sys.version_info.minor))
    dest = TARGET / ("libtorch-%s" % TORCH_VERSION)
    with locked(dest):
        if not (is_complete(dest) and any((dest / "python" / "torch").glob("_C.cpython-3%d-*" % MINOR))):
            install(dest, argparse.Namespace(wheels=None, cuda=False))
    return dest


def is_complete(dest):
    stamp = dest / "build-version"
    return stamp.is_file() and stamp.read_text().strip() == TORCH_VERSION


def install(dest, arguments):
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        raise SetupError("ready-made libraries exist here for Linux on x86-64 only; set LIBTORCH to a libtorch %s"
                         % TORCH_VERSION)
    with tempfile.TemporaryDirectory(dir=dest.parent, prefix="libtorch-setup-") as work:
        wheels = Path(work) / "wheels"
        wheels.mkdir()
        download(wheels, arguments.wheels)
        tree = Path(work) / "libtorch"
        for wheel in sorted(wheels.glob("*.whl")):
            unpack(wheel, tree, arguments.cuda)
            # One wheel is half a gigabyte: free its place before the next.
            wheel.unlink()
        missing = sorted(name for name in CPU_LIBRARIES if not (tree / "lib" / name).is_file())
        if missing:
            raise SetupError("the wheels lack %s" % ", ".join(missing))
        (tree / "build-version").write_text(TORCH_VERSION + "\n")
        if is_complete(dest):
            # Only the Python parts are missing: the libraries stay, programs may be running with them.
            shutil.rmtree(dest / "python", ignore_errors=True)
            (tree / "python").rename(dest / "python")
            return
        if dest.exists():
            shutil.rmtree(dest)
        tree.rename(dest)


def download(wheels, source):
    requirements = wheels.parent / "requirements.txt"
    requirements.write_text(REQUIREMENTS)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
               "--no-cache-dir", "--require-hashes", "--only-binary=:all:", *WHEEL_TAGS]
    for platform in WHEEL_PLATFORMS:
        command += ["--platform", platform]
    if source:
        command += ["--no-index", "--find-links", str(source)]
    command += ["--requirement", str(requirements), "--dest", str(wheels)]
    print("libtorch: fetching PyTorch %s (about 0.5 GB, once)" % TORCH_VERSION, file=sys.stderr)
    try:
        run(command)
    except SetupError:
        raise SetupError("pip could not fetch the pinned wheels; its message is above. Check that `%s -m pip` works, "
                         "or set LIBTORCH to a libtorch %s" % (sys.executable, TORCH_VERSION)) from None


def unpack(wheel, tree, cuda):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.infolist():
            place = wanted(member.filename, cuda)
            if place is None or member.is_dir():
                continue
            target = tree / place
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, open(target, "wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)


def wanted(name, cuda):
    """The place of a wheel's file in libtorch's own layout, or None."""
    path = Path(name)
    if name.startswith("torch/include/"):
        return Path(*path.parts[1:])
    if is_python(path):
        return Path("python") / path
    if "lib" in path.parts[:-1] and (path.name in CPU_LIBRARIES or (cuda and ".so" in path.name)):
        # PyTorch vendors the OpenMP runtime beside its own libraries, or under torch.libs.
        return Path("lib") / path.name
    return None


def is_python(path):
    """Whether a wheel's file is one of the parts that Python imports."""
    package, part = (*path.parts, "")[:2]
    if package not in {"torch", "torchgen", "functorch"} or part in {"share", "test"}:
        return False
    return part not in {"lib", "bin"} or path.name in PYTHON_LIBRARIES


if __name__ == "__main__":
    main()
