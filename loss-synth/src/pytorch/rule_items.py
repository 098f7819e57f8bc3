class DecisionLoss(Branches):
    """The branch of the first item (or of the last, if LAST) that has one decides."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        z = compared(logits)
        # By how much each item takes each branch: (N, K, E), items in the order in which they decide.
        taken = self.in_order(torch.stack([self.ahead(z, k) for k in range(len(BRANCHES))], 1))
        true = self.in_order(torch.stack([self.members(truth, k) for k in range(len(BRANCHES))], 1))
        first = true.any(1).byte().argmax(-1)[:, None, None].expand(-1, len(BRANCHES), 1)
        right = true.gather(-1, first).byte().argmax(1)
        # By how much no item before an item takes another branch.
        before = torch.ones(len(SLOTS), len(SLOTS), dtype=torch.bool, device=z.device).tril(-1)
        other = torch.arange(len(BRANCHES), device=z.device) != right
        allowed = (other[:, None, :, None] & before[:, None, :]).flatten(2)
        room = (-taken)[:, None].expand(-1, len(SLOTS), -1, -1).flatten(2)
        ahead = smallest(room, allowed)
        mine = taken.gather(1, right[:, :, None].expand(-1, 1, len(SLOTS))).squeeze(1)
        # Of several items the one with the most room counts.
        chosen = torch.minimum(mine, ahead).detach().argmax(-1, keepdim=True)
        missed = MISS * step(mine.gather(-1, chosen).squeeze(-1))
        overtaken = OVERTAKE * step(ahead.gather(-1, chosen).squeeze(-1))
        alarmed = FALSE_ALARM * step(smallest(-self.taken(z)))
        return torch.where(true.flatten(1).any(-1), missed + overtaken, alarmed).mean()

    def in_order(self, items):
        """Items along the last dimension in the order in which they decide."""
        return items.flip(-1) if LAST else items

    def members(self, truth, k):
        """(N, E): whether the true member of each item is one of branch k."""
        own = set(self.own(k))
        slots = [[member for member in range(start, end) if member in own] for start, end in SLOTS]
        return torch.stack([truth[:, members].bool().any(-1) for members in slots], -1)
