"""What 77 customized applications cost on disk and in memory, beside the generic model that they share.

    make build && python bench/cost.py

Customizes the applications of apps-corpus (one seed, published whether better or not), each again with other seeds until
there are 77, into a home of its own; then asks one server for each of them, and reads its memory from /proc before and
after. Needs Linux and the standard library.
"""

import base64
import json
import signal
import struct
import subprocess
import tempfile
import urllib.error
import urllib.request
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAMELEON = ROOT / "target/release/chameleon"
APPLICATIONS = 77
SEEDS = 4
ROUNDS = 3
TEXT = {"document": {"type": "PLAIN_TEXT", "content": "The food was good.", "language": "en"}}


def picture(side=64):
    """A white PNG."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + b"\xff" * 3 * side for _ in range(side)))
    png = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return base64.b64encode(png).decode()


PICTURE = picture()


def customize(home, path, seed):
    """Whether a model of it was published."""
    name = f"{path.name.lower()}-{seed}"
    words = ["customize", str(path), "--app", name, "--seeds", "1", "--seed", str(seed), "--force", "--quiet"]
    done = subprocess.run([CHAMELEON, "--home", home, *words], capture_output=True, text=True, check=False)
    return done.returncode == 0


def size(folder):
    return sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())


def resident(pid):
    """Resident memory in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit("no VmRSS in /proc")


def post(address, path, body):
    """Whether the call is answered, every picture of it too."""
    data = json.dumps(body).encode()
    request = urllib.request.Request(f"{address}{path}", data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return not any("error" in response for response in json.load(answer).get("responses", []))
    except urllib.error.HTTPError:
        return False


def ask(address, prefix):
    """Whether each of the operations answers for an application; its model answers one of them, the generic ones the rest."""
    features = [{"type": "LABEL_DETECTION"}, {"type": "OBJECT_LOCALIZATION"}]
    calls = [("/v1/images:annotate", {"requests": [{"image": {"content": PICTURE}, "features": features}]})]
    calls += [(f"/v1/documents:{kind}", TEXT) for kind in ("analyzeSentiment", "classifyText", "analyzeEntities")]
    return all([post(address, prefix + path, body) for path, body in calls])


def served(home, prefixes):
    """Resident memory of a server after it answered under each of these paths."""
    words = ["--home", home, "serve", "--listen", "127.0.0.1:0", "--no-upstream"]
    server = subprocess.Popen([CHAMELEON, *words], stdout=subprocess.PIPE, text=True)
    try:
        address = next(word for line in server.stdout for word in line.split() if word.startswith("http://127.0.0.1:"))
        for prefix in prefixes * ROUNDS:
            if not ask(address, prefix):
                raise SystemExit(f"{prefix or 'the generic model'} does not answer")
        return resident(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def main():
    apps = sorted(path for path in (ROOT / "apps-corpus").iterdir() if path.is_dir())
    with tempfile.TemporaryDirectory() as home:
        names = []
        for seed in range(1, SEEDS + 1):
            for path in list(apps):
                if len(names) == APPLICATIONS:
                    break
                if customize(home, path, seed):
                    names.append(f"{path.name.lower()}-{seed}")
                    print(f"{len(names)} of {APPLICATIONS}: {names[-1]}", flush=True)
                else:
                    apps.remove(path)
        on_disk = size(Path(home) / "registry")
        with tempfile.TemporaryDirectory() as empty:
            before = served(empty, [""] * (len(names) + 1))
        after = served(home, ["", *(f"/apps/{name}" for name in names)])
        zoo = {folder.name: size(folder) for folder in sorted((ROOT / "models/zoo").iterdir())}
        print(f"applications: {len(names)}")
        print(f"registry: {on_disk / 1e6:.1f} MB, {on_disk / max(len(names), 1) / 1e3:.0f} kB each")
        print(f"server with the generic models: {before / 1e6:.0f} MB, with all of them {after / 1e6:.0f} MB")
        print("models that ship, with feature banks:", ", ".join(f"{name} {size / 1e6:.1f} MB" for name, size in zoo.items()))


if __name__ == "__main__":
    main()
