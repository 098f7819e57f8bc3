"""What rounding to 8 and 4 bits does to a network's outputs: ours and onnxruntime's int8, of the same file and images.

    cargo build --release -p chameleon-models --example networks
    python3 -m venv VENV && VENV/bin/pip install onnxruntime onnx
    VENV/bin/python bench/rounding.py [--networks image-labels,mobilenet-v2]

Both are calibrated on the same images and compared with onnxruntime's f32 on others. Images are noise with the spectrum of
photographs (amplitude falls with frequency). Printed are the signal-to-noise ratio of the outputs in decibels, the signal
being what differs from image to image, and the images whose largest output stays the same. A network with random weights
says nothing of accuracy in use: its outputs hardly depend on the image.
"""

import argparse
import pathlib
import subprocess
import tempfile

import numpy

import networks

CALIBRATION, IMAGES = 64, 256


def noise(count, shape, seed):
    """Images whose numbers have mean 0 and deviation 1."""
    random = numpy.random.default_rng(seed)
    rows, columns = (numpy.fft.fftfreq(side) for side in shape[1:])
    frequency = numpy.hypot(rows[:, None], columns[None, :])
    frequency[0, 0] = 1 / max(shape[1:])
    spectrum = numpy.fft.fft2(random.normal(size=(count, *shape))) / frequency
    images = numpy.fft.ifft2(spectrum).real
    images /= images.std(axis=(1, 2, 3), keepdims=True)
    return images.astype(numpy.float32)


def outputs(model, images):
    name = model.get_inputs()[0].name
    return numpy.concatenate([model.run(None, {name: image[None]})[0].reshape(1, -1) for image in images])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=networks.ROOT / "target/release/examples/networks")
    parser.add_argument("--networks", default="image-labels,mobilenet-v2")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for name in networks.export(arguments.program, folder, arguments.networks.split(",")):
            path = folder / f"{name}.onnx"
            model = networks.session(path)
            shape = model.get_inputs()[0].shape[1:]
            calibration, images = noise(CALIBRATION, shape, 1), noise(IMAGES, shape, 2)
            files = {"calibration": calibration, "images": images}
            for key, values in files.items():
                values.tofile(folder / key)
            expected = outputs(model, images)
            results = {}
            for form in ["f32", "int8", "int4"]:
                paths = [folder / "calibration", folder / "images", folder / "outputs"]
                subprocess.run([arguments.program, "output", name, form, *paths], check=True)
                results[f"ours {form}"] = numpy.fromfile(paths[-1], numpy.float32).reshape(expected.shape)
            peer = networks.quantized(path, [image[None] for image in calibration])
            results["onnxruntime int8"] = outputs(networks.session(peer), images)
            signal = ((expected - expected.mean(axis=0)) ** 2).sum()
            for engine, values in results.items():
                ratio = 10 * numpy.log10(signal / ((values - expected) ** 2).sum())
                same = (values.argmax(axis=1) == expected.argmax(axis=1)).sum()
                print(f"{name:14} {engine:17} {ratio:6.1f} dB  same largest output: {same} of {IMAGES}", flush=True)


if __name__ == "__main__":
    main()
