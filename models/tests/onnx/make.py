"""Makes the files of this folder: small networks of torchvision and timm, written by both exporters of PyTorch, with
random parameters, and what onnxruntime computes with them.

    pip install torch==2.11.0 torchvision==0.26.0 timm==1.0.31 onnx onnxscript onnxruntime
    python models/tests/onnx/make.py

The input is not kept: element i is ((37 i) mod 101) / 50 - 1.
"""

import pathlib

import numpy
import onnx
import onnxruntime
import timm
import torch
from torchvision.models import mobilenetv2, mobilenetv3, vision_transformer

FOLDER = pathlib.Path(__file__).parent
SIDE = 32


def networks():
    yield "vit-torchvision", vision_transformer.VisionTransformer(
        image_size=SIDE, patch_size=8, num_layers=2, num_heads=2, hidden_dim=16, mlp_dim=24, num_classes=5)
    # Layer scale, and registers besides the class token.
    yield "vit-timm", timm.models.vision_transformer.VisionTransformer(
        img_size=SIDE, patch_size=8, depth=2, num_heads=2, embed_dim=16, mlp_ratio=2, num_classes=5, init_values=0.5,
        reg_tokens=2)
    yield "mobilenet-v2", mobilenetv2.MobileNetV2(
        num_classes=5, inverted_residual_setting=[[1, 8, 1, 1], [6, 8, 2, 2], [6, 16, 1, 2]])
    block = mobilenetv3.InvertedResidualConfig
    yield "mobilenet-v3", mobilenetv3.MobileNetV3([
        block(8, 3, 8, 8, True, "RE", 2, 1, 1), block(8, 3, 24, 16, False, "RE", 2, 1, 1),
        block(16, 5, 48, 16, True, "HS", 1, 1, 1)], last_channel=32, num_classes=5)
    yield "resnet-timm", timm.models.resnet.ResNet(
        timm.models.resnet.BasicBlock, (1, 2, 1, 1), channels=(8, 8, 16, 16), num_classes=5, stem_width=8)
    yield "resnet-d-timm", timm.models.resnet.ResNet(
        timm.models.resnet.Bottleneck, (1, 1, 1, 1), channels=(2, 4, 4, 4), num_classes=5, stem_type="deep", stem_width=8,
        avg_down=True)


def randomize(network):
    generator = torch.Generator().manual_seed(3)
    for name, tensor in [*network.named_parameters(), *network.named_buffers()]:
        if tensor.dtype != torch.float32:
            continue
        noise = torch.randn(tensor.shape, generator=generator)
        if name.endswith("running_var"):
            tensor.data = 0.5 + noise.abs()
        elif tensor.dim() < 2:
            tensor.data += 0.3 * noise
        else:
            tensor.data = noise / max(1, tensor[0].numel()) ** 0.5


def export(network, image, path, kind, opset):
    batch = torch.export.Dim("batch")
    if kind == "script":
        torch.onnx.export(network, image, path, opset_version=opset, dynamo=False, input_names=["input"],
                          dynamic_axes={"input": {0: "batch"}})
    else:
        torch.onnx.export(network, (image,), path, opset_version=opset, dynamo=True, input_names=["input"],
                          external_data=False, dynamic_shapes=({0: batch},), verbose=False)
    # Where in the source each node comes from takes more room than the network.
    model = onnx.load(path)
    for part in [model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer]:
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    model.graph.ClearField("value_info")
    model.ClearField("functions")
    onnx.save(model, path)


def main():
    numbers = numpy.arange(3 * SIDE * SIDE, dtype=numpy.int64)
    image = ((37 * numbers % 101) / 50.0 - 1.0).astype(numpy.float32).reshape(1, 3, SIDE, SIDE)
    for name, network in networks():
        network.eval()
        randomize(network)
        for kind, opset in [("script", 14), ("script", 17), ("dynamo", 18), ("dynamo", 20)]:
            path = FOLDER / f"{name}-{kind}-{opset}.onnx"
            export(network, torch.from_numpy(image), str(path), kind, opset)
            session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
            output = session.run(None, {session.get_inputs()[0].name: image})[0].ravel()
            (FOLDER / f"{path.stem}.output").write_text("\n".join(repr(float(x)) for x in output) + "\n")


if __name__ == "__main__":
    main()
