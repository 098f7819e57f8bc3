class DecisionLoss(Branches):
    """The first branch that is met, in the application's order, decides."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        taken, right = self.taken(compared(logits)), self.right(truth)
        first = right.byte().argmax(-1, keepdim=True)
        earlier = torch.arange(len(BRANCHES), device=logits.device) < first
        missed = MISS * step(taken.gather(-1, first).squeeze(-1))
        overtaken = OVERTAKE * step(smallest(-taken, earlier))
        alarmed = FALSE_ALARM * step(smallest(-taken))
        return torch.where(right.any(-1), missed + overtaken, alarmed).mean()
