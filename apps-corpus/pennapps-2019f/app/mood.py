UP = {"beat", "beats", "bull", "bullish", "buy", "calls", "growth", "gain", "gains", "moon", "record", "strong", "up"}
DOWN = {"bear", "bearish", "crash", "debt", "down", "fall", "lawsuit", "loss", "miss", "puts", "sell", "short", "weak"}


def polarity(text):
    """-1 .. 1 by counting words traders use."""
    words = [word.strip(".,!?#$()").lower() for word in text.split()]
    up = sum(word in UP for word in words)
    down = sum(word in DOWN for word in words)
    return (up - down) / (up + down) if up + down else 0.0
