class DecisionLoss(Branches):
    """Each branch is taken or not on its own; the loss is the sum over branches."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z, right = compared(logits), self.right(truth)
        taken, spared = self.taken(z), self.spared(z, ~right)
        return torch.where(right, MISS * step(taken), FALSE_ALARM * step(spared)).sum(-1).mean()
