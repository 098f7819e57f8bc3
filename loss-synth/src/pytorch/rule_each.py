class DecisionLoss(Labels):
    """Every label is decided on by itself; the loss is the sum over the labels of all branches."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z = compared(logits)
        scores = z[:, self.index()]
        seen, unseen = scores - self.bounds(self.giving_way(z)), self.bounds(z.detach()) - scores
        true = truth[:, self.index()].bool()
        return torch.where(true, MISS * step(seen), FALSE_ALARM * step(unseen)).sum(-1).mean()
