class DecisionLoss(Branches):
    """Each branch is taken or not on its own; the loss is the sum over branches."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        taken, right = self.taken(compared(logits)), self.right(truth)
        return torch.where(right, MISS * step(taken), FALSE_ALARM * step(-taken)).sum(-1).mean()
