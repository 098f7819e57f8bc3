def compared(logits):
    """What is compared: scores, the sigmoids of logits."""
    return torch.sigmoid(logits)


def compared_score(score):
    """A score in 0..1 as it is compared."""
    return score
