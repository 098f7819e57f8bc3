class DecisionLoss(Labels):
    """The branch of the lowest-scored label that is seen decides: later labels overwrite."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z, right = compared(logits), self.right(truth)
        scores, least = z[:, self.index()], self.bounds(z.detach())
        seen = scores - self.bounds(self.giving_way(z))
        mine = right[:, self.branch_of()]
        # By how much label l does not come after label r: (N, r, l).
        room = torch.maximum((least - scores)[:, None, :], scores[:, None, :] - scores[:, :, None])
        ahead = smallest(room, (~mine)[:, None, :].expand_as(room))
        # Of several labels of right branches the one with the most room counts.
        margin = torch.minimum(seen, ahead).masked_fill(~mine, -math.inf)
        chosen = margin.detach().argmax(-1, keepdim=True)
        missed = MISS * step(seen.gather(-1, chosen).squeeze(-1))
        overtaken = OVERTAKE * step(ahead.gather(-1, chosen).squeeze(-1))
        alarmed = FALSE_ALARM * step(smallest(self.spared(z, torch.ones_like(right))))
        return torch.where(right.any(-1), missed + overtaken, alarmed).mean()
