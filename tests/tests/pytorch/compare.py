"""Compares losses written as PyTorch modules with what is expected of them.

The argument is a folder of `NAME.py` and `NAME.json`; the largest differences of values and gradients are printed for each
as JSON: {"NAME": [value, gradient]}.
"""

import importlib.util
import json
import sys
from pathlib import Path

import torch


def main():
    differences = {}
    for batch in sorted(Path(sys.argv[1]).glob("*.json")):
        differences[batch.stem] = compare(load(batch.with_suffix(".py")), json.loads(batch.read_text()))
    print(json.dumps(differences))


def load(path):
    specification = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def compare(module, batch):
    logits = torch.tensor(batch["logits"], dtype=torch.double, requires_grad=True)
    loss = module.DecisionLoss()(logits, truth(batch, logits))
    loss.backward()
    gradient = torch.tensor(batch["gradient"], dtype=torch.double)
    return [abs(loss.item() - batch["value"]), (logits.grad - gradient).abs().max().item()]


def truth(batch, logits):
    if batch["numbers"]:
        return torch.tensor(batch["truth"], dtype=torch.double)
    true = torch.zeros_like(logits, dtype=torch.bool)
    for row, labels in zip(true, batch["truth"]):
        row[labels] = True
    return true


if __name__ == "__main__":
    main()
