def compared(logits):
    """What is compared: logits, whose differences do not saturate."""
    return logits


def compared_score(score):
    """A score in 0..1 as it is compared."""
    return math.inf if score >= 1.0 else -math.inf if score <= 0.0 else math.log(score / (1.0 - score))
