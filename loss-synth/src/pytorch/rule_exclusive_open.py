class DecisionLoss(Branches):
    """No two branches are taken at once."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        taken, right = self.taken(compared(logits)), self.right(truth)
        missed = MISS * step(taken.gather(-1, right.byte().argmax(-1, keepdim=True)).squeeze(-1))
        alarmed = FALSE_ALARM * step(smallest(-taken))
        return torch.where(right.any(-1), missed, alarmed).mean()
