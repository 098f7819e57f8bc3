class DecisionLoss(Labels):
    """Every label is decided on by itself; the loss is the sum over the labels of all branches."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z = compared(logits)
        seen = z[:, self.index()] - self.bounds(z)
        true = truth[:, self.index()].bool()
        return torch.where(true, MISS * step(seen), FALSE_ALARM * step(-seen)).sum(-1).mean()
