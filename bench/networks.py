"""Whole networks on one thread: our engine against onnxruntime in f32 and int8, in turn, in the same run.

    cargo build --release -p chameleon-models --example networks
    python3 -m venv VENV && VENV/bin/pip install onnxruntime onnx
    VENV/bin/python bench/networks.py [--rounds 15] [--batches 1,8,32] [--networks NAME,...]
        [--formats f32,int8,...] [--json]

A name may say how large: mobilenet-v2@160x50 is one of images of 160 x 160 with half of the channels. Each round times
every engine once, a few runs of which the least counts, so that a machine that changes speed changes all of them; times
are processor times, so that other processes do not count. Printed are the median of the rounds, the median of their ratios
to onnxruntime f32, the least of the rounds, how many times as fast that is as onnxruntime's least in f32 and, of whole
numbers, in int8, and multiply-accumulates a cycle of the clock that was measured meanwhile. On a virtual machine the other
thread of a core is somebody else's: while that one works hard, AMX and full vectors run at half their speed. Medians tell
what came of it, the least what it is without.
onnxruntime's int8 is its own static quantization (QDQ, signed weights for each channel), calibrated on two inputs.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import onnxruntime
from onnxruntime import quantization

ROOT = pathlib.Path(__file__).resolve().parent.parent
FORMATS = ["f32", "int8", "int4", "mixed"]
RUNS = 5


class Ours:
    """The example program, asked for one measurement at a time."""

    def __init__(self, program):
        self.process = subprocess.Popen(
            [program, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={"RAYON_NUM_THREADS": "1", "PATH": ""})
        # Cycles a second, beside each measurement.
        self.clocks = []

    def measure(self, name, form, batch):
        self.process.stdin.write(f"{name} {form} {batch} {RUNS}\n")
        self.process.stdin.flush()
        milliseconds, clock = map(float, self.process.stdout.readline().split())
        self.clocks.append(clock)
        return milliseconds


def export(program, folder, names):
    """Writes the networks as ONNX files; the multiply-accumulates of each."""
    lines = subprocess.run([program, "export", folder, *names], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {name: int(macs) for name, macs in map(str.split, lines.splitlines())}


class Reader(quantization.CalibrationDataReader):
    """Inputs, two random ones if there are no others."""

    def __init__(self, name, shape, inputs):
        random = numpy.random.default_rng(0)
        if inputs is None:
            inputs = [random.uniform(-2, 2, (1, *shape)).astype(numpy.float32) for _ in range(2)]
        self.inputs = iter([{name: value} for value in inputs])

    def get_next(self):
        return next(self.inputs, None)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def quantized(path, inputs=None):
    """The file in int8, calibrated on the inputs."""
    entry = session(path).get_inputs()[0]
    folded = path.with_suffix(".folded.onnx")
    quantization.shape_inference.quant_pre_process(str(path), str(folded), skip_symbolic_shape=True)
    result = path.with_suffix(".int8.onnx")
    quantization.quantize_static(
        str(folded), str(result), Reader(entry.name, entry.shape[1:], inputs), per_channel=True,
        activation_type=quantization.QuantType.QUInt8, weight_type=quantization.QuantType.QInt8)
    return result


def check(program, path):
    """Largest difference between onnxruntime and our engine, of the network and of the file read back."""
    model = session(path)
    entry = model.get_inputs()[0]
    value = numpy.fromfile(path.with_suffix(".input"), numpy.float32).reshape(1, *entry.shape[1:])
    expected = model.run(None, {entry.name: value})[0].ravel()
    subprocess.run([program, "import", str(path)], check=True)
    outputs = [numpy.fromfile(path.with_suffix(suffix), numpy.float32) for suffix in (".output", ".imported")]
    difference = max(float(abs(output - expected).max()) for output in outputs)
    size = float(abs(expected).max())
    if not difference <= 1e-4 * size:
        raise SystemExit(f"{path.name}: outputs differ by {difference} of {size}")
    return difference / size


def measure(model, batch):
    """Least milliseconds of a few runs."""
    entry = model.get_inputs()[0]
    value = numpy.random.default_rng(1).uniform(-2, 2, (batch, *entry.shape[1:])).astype(numpy.float32)
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        model.run(None, {entry.name: value})
        times.append(time.process_time() - started)
    return 1e3 * min(times)


def summary(network, batch, times, macs, clock):
    """A row for each engine, of its times in the rounds."""
    base = times["onnxruntime f32"]
    for engine, values in times.items():
        median, least = statistics.median(values), min(values)
        yield {"network": network, "batch": batch, "engine": engine, "ms": median, "least": least,
               "speed": statistics.median(theirs / value for theirs, value in zip(base, values)),
               "best": min(base) / least, "to int8": min(times["onnxruntime int8"]) / least,
               "mac/cycle": 1e3 * macs / median / clock}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=ROOT / "target/release/examples/networks")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--batches", default="1,8,32")
    parser.add_argument("--networks", default="image-labels,mobilenet-v2,resnet-18")
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        macs = export(arguments.program, folder, arguments.networks.split(","))
        ours = Ours(arguments.program)
        for name in macs:
            path = pathlib.Path(folder) / f"{name}.onnx"
            difference = check(arguments.program, path)
            if not arguments.json:
                print(f"{name:14} equals onnxruntime f32 to {difference:.0e} of its largest output", flush=True)
            peers = {"onnxruntime f32": session(path), "onnxruntime int8": session(quantized(path))}
            for batch in map(int, arguments.batches.split(",")):
                times = {key: [] for key in [*peers, *arguments.formats.split(",")]}
                ours.clocks.clear()
                for round_ in range(arguments.rounds + 1):
                    for key in times:
                        value = measure(peers[key], batch) if key in peers else ours.measure(name, key, batch)
                        # The first round warms up.
                        if round_:
                            times[key].append(value)
                rows += summary(name, batch, times, macs[name] * batch, statistics.median(ours.clocks))
                if not arguments.json:
                    for row in rows[-len(times):]:
                        print("{network:14} batch {batch:2}  {engine:17} {ms:9.2f} ms  {speed:6.2f}x   least {least:9.2f} ms  "
                              "{best:6.2f}x  {to int8:6.2f}x of int8  {mac/cycle:6.1f} MAC/cycle".format(**row), flush=True)
        ours.process.stdin.close()
    if arguments.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
