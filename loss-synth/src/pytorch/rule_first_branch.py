class DecisionLoss(Branches):
    """The first branch that is met, in the application's order, decides."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z, right = compared(logits), self.right(truth)
        taken = self.taken(z)
        first = right.byte().argmax(-1, keepdim=True)
        earlier = torch.arange(len(BRANCHES), device=logits.device) < first
        missed = MISS * step(taken.gather(-1, first).squeeze(-1))
        overtaken = OVERTAKE * step(smallest(self.spared(z, earlier), earlier))
        alarmed = FALSE_ALARM * step(smallest(self.spared(z, torch.ones_like(right))))
        return torch.where(right.any(-1), missed + overtaken, alarmed).mean()
