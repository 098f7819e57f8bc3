class DecisionLoss(Branches):
    """No two branches are taken at once; the last of BRANCHES is what no branch of the application takes."""

    def forward(self, logits, truth):
        """Mean loss of logits (N, WIDTH) where `truth` is true."""
        taken, right = self.taken(compared(logits)), self.right(truth)[:, :-1]
        rest = torch.full_like(right[:, :1], True)
        target = torch.cat([right, rest], -1).byte().argmax(-1, keepdim=True)
        weight = torch.where(right.any(-1), MISS, FALSE_ALARM).to(taken.dtype)
        return (weight * step(taken.gather(-1, target).squeeze(-1))).mean()
