def compared(logits):
    """What is compared: the probability of a member among those of its field."""
    return torch.cat([torch.softmax(logits[:, start:end], -1) for start, end in SLOTS], -1)
