"""Matrix products and convolutions on one thread: our kernels, libtorch and onnxruntime, in turn, in the same run.

    cargo build --release -p chameleon-models --example kernels --example networks
    python3 -m venv VENV && VENV/bin/pip install onnxruntime onnx torch
    VENV/bin/python bench/kernels.py [--rounds 9] [--only products|row|convolutions] [--json]

Printed are multiply-accumulates a cycle of a measured clock (examples/kernels.rs). Each round times every engine, a few
runs; the least of all counts, since what else runs on a virtual machine's processor slows kernels down without the clock's
measurement noticing. Products are rows x outputs x inputs, of operands that are there in the engine's form. A single row
is multiplied by 1 GiB of weights, one matrix after the other, and given in billions a second. Convolutions are eight of
3 x 3 in a row with ReLU, side x side x channels, as whole networks (bench/networks.py), so that operands come as the
convolution before leaves them.
"""

import argparse
import itertools
import json
import pathlib
import statistics
import subprocess
import tempfile
import time

import numpy
import onnx
import onnxruntime
import torch

import networks

PRODUCTS = [(1024, 16, 144), (256, 32, 288), (64, 64, 576), (784, 128, 1152), (196, 256, 2304)]
ROW = (1, 4096, 4096)
CONVOLUTIONS = [(32, 16), (16, 32), (8, 64), (28, 128), (14, 256)]
DEPTH = 8
RUNS = 5
# Bytes of weights that a product of one row reads before it comes back to the first.
WEIGHTS = 1 << 30


class Ours:
    """The example program, asked for one measurement at a time."""

    FORMATS = ["f32", "8-bit-amx", "8-bit", "4-bit", "2-bit", "1-bit", "half-1-half-4"]

    def __init__(self, program):
        self.process = subprocess.Popen([program, "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        return float(answer) if answer else None

    def clock(self):
        """Cycles a second."""
        return self.ask("clock")


def least(run, repeats):
    """The least processor time of a run, in seconds."""
    times = []
    for _ in range(RUNS):
        started = time.process_time()
        for _ in range(repeats):
            run()
        times.append((time.process_time() - started) / repeats)
    return min(times)


def product_session(outputs, inputs, integers):
    """A product with a constant matrix, of f32 or of unsigned by signed bytes."""
    random = numpy.random.default_rng(0)
    tensor = onnx.TensorProto
    if integers:
        weight = random.integers(-127, 128, (inputs, outputs), numpy.int8)
        kind, entry, result = "MatMulInteger", tensor.UINT8, tensor.INT32
    else:
        weight = random.uniform(-1, 1, (inputs, outputs)).astype(numpy.float32)
        kind, entry, result = "MatMul", tensor.FLOAT, tensor.FLOAT
    graph = onnx.helper.make_graph(
        [onnx.helper.make_node(kind, ["x", "w"], ["y"])], "product",
        [onnx.helper.make_tensor_value_info("x", entry, ["n", inputs])],
        [onnx.helper.make_tensor_value_info("y", result, ["n", outputs])],
        [onnx.numpy_helper.from_array(weight, "w")])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def product_peers(rows, outputs, inputs):
    """Peers as functions from nothing to the seconds of a product."""
    random = numpy.random.default_rng(1)
    count = lambda width: -(-WEIGHTS // (width * outputs * inputs)) if rows == 1 else 1
    repeats = max(1, int(2e7 / (rows * outputs * inputs)))
    peers = {}
    x = torch.rand(rows, inputs)
    matrices = itertools.cycle([torch.rand(inputs, outputs) for _ in range(count(4))])
    into = torch.empty(rows, outputs)
    peers["libtorch f32"] = lambda: least(lambda: torch.mm(x, next(matrices), out=into), repeats)
    for name, integers in [("onnxruntime f32", False), ("onnxruntime int8", True)]:
        value = random.integers(0, 256, (rows, inputs), numpy.uint8) if integers else x.numpy()
        sessions = itertools.cycle([product_session(outputs, inputs, integers) for _ in range(count(1 if integers else 4))])
        peers[name] = lambda value=value, sessions=sessions: least(lambda: next(sessions).run(None, {"x": value}), repeats)
    return peers


def measure_products(program, shapes, rounds):
    for rows, outputs, inputs in shapes:
        ours = Ours(program)
        peers = product_peers(rows, outputs, inputs)
        engines = [f"ours {name}" for name in Ours.FORMATS] + list(peers)
        times, clocks = {name: [] for name in engines}, []
        for _ in range(rounds):
            for name in engines:
                clocks.append(ours.clock())
                line = f"{rows} {outputs} {inputs} {name.removeprefix('ours ')}"
                times[name].append(peers[name]() if name in peers else ours.ask(line))
        ours.process.stdin.close()
        macs, clock = rows * outputs * inputs, statistics.median(clocks)
        for name in engines:
            if None not in times[name]:
                seconds = min(times[name])
                yield {"shape": f"{rows} x {outputs} x {inputs}", "engine": name, "mac/cycle": macs / seconds / clock,
                       "gmac/s": 1e-9 * macs / seconds, "ghz": 1e-9 * clock}


def torch_convolutions(side, channels):
    layers = [layer for _ in range(DEPTH)
              for layer in (torch.nn.Conv2d(channels, channels, 3, padding=1), torch.nn.ReLU(inplace=True))]
    model = torch.nn.Sequential(*layers).eval().to(memory_format=torch.channels_last)
    x = torch.rand(1, channels, side, side).to(memory_format=torch.channels_last)
    return lambda: least(lambda: model(x), 1)


def measure_convolutions(products, program, rounds):
    with tempfile.TemporaryDirectory() as folder:
        names = [f"convolutions@{side}x{channels}" for side, channels in CONVOLUTIONS]
        macs = networks.export(program, folder, names)
        clock = Ours(products).clock
        for name, (side, channels) in zip(names, CONVOLUTIONS):
            ours = networks.Ours(program)
            path = pathlib.Path(folder) / f"{name}.onnx"
            networks.check(program, path)
            sessions = {"onnxruntime f32": networks.session(path),
                        "onnxruntime int8": networks.session(networks.quantized(path))}
            peers = {key: lambda model=model: 1e-3 * networks.measure(model, 1) for key, model in sessions.items()}
            peers["libtorch f32"] = torch_convolutions(side, channels)
            engines = [f"ours {form}" for form in ["f32", "int8", "int4", "2-bit", "1-bit", "mixed"]] + list(peers)
            times, clocks = {engine: [] for engine in engines}, []
            for round_ in range(rounds + 1):
                for engine in engines:
                    clocks.append(clock())
                    own = engine.removeprefix("ours ")
                    seconds = peers[engine]() if engine in peers else 1e-3 * ours.measure(name, own, 1)
                    # The first round warms up.
                    if round_:
                        times[engine].append(seconds)
            ours.process.stdin.close()
            for engine in engines:
                seconds, median = min(times[engine]), statistics.median(clocks)
                yield {"shape": f"{side} x {side} x {channels}", "engine": engine,
                       "mac/cycle": macs[name] / seconds / median, "gmac/s": 1e-9 * macs[name] / seconds,
                       "ghz": 1e-9 * median}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", default=networks.ROOT / "target/release/examples/kernels")
    parser.add_argument("--networks", default=networks.ROOT / "target/release/examples/networks")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", choices=["products", "row", "convolutions"])
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    parts = {
        "products": lambda: measure_products(arguments.products, PRODUCTS, arguments.rounds),
        "row": lambda: measure_products(arguments.products, [ROW], arguments.rounds),
        "convolutions": lambda: measure_convolutions(arguments.products, arguments.networks, arguments.rounds),
    }
    rows = []
    for part in [arguments.only] if arguments.only else parts:
        for row in parts[part]():
            rows.append(row)
            if not arguments.json:
                print("{shape:20} {engine:20} {mac/cycle:7.1f} MAC/cycle {gmac/s:7.1f} GMAC/s {ghz:5.2f} GHz".format(**row),
                      flush=True)
    if arguments.json:
        print(json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
