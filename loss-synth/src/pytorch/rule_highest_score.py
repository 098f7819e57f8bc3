class DecisionLoss(Branches):
    """The branch of the highest-scored label that is seen decides."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z, right = compared(logits), self.right(truth)
        best = torch.stack([self.best(z, k) for k in range(len(BRANCHES))], -1)
        taken = self.taken(z)
        threshold = torch.stack([self.least_among(z, k, ~right) for k in range(len(BRANCHES))], -1)
        # By how much branch w does not come before branch r: (N, r, w). Where the cut is the right branch's own score, that
        # is what learns.
        behind = torch.where(best[:, :, None] >= threshold[:, None, :], best[:, :, None], threshold[:, None, :])
        room = behind - best[:, None, :]
        ahead = smallest(room, (~right)[:, None, :].expand_as(room))
        # Of several right branches the one with the most room counts.
        margin = torch.minimum(taken, ahead).masked_fill(~right, -math.inf)
        chosen = margin.detach().argmax(-1, keepdim=True)
        missed = MISS * step(taken.gather(-1, chosen).squeeze(-1))
        overtaken = OVERTAKE * step(ahead.gather(-1, chosen).squeeze(-1))
        alarmed = FALSE_ALARM * step(smallest(threshold - best))
        return torch.where(right.any(-1), missed + overtaken, alarmed).mean()
