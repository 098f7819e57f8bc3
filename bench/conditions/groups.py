"""Rates of wrong decisions by how many labels an application looks at, and by how many of them one image carries.

    python bench/conditions/groups.py evaluation/results.json

Decisions on image labels, in thirds. Ratios are of the mean rates; intervals: 95 %, bootstrap over decisions.
"""

import json
import random
import sys

ARMS = ["G", "T", "B", "B+", "C"]
RESAMPLES = 10_000


def rate(decision, arm):
    return decision["evaluation"]["arms"][arm]["balanced"]["mean"]


def ratio(decisions, above, below):
    return sum(rate(d, above) for d in decisions) / sum(rate(d, below) for d in decisions)


def interval(decisions, above, below):
    rng = random.Random(1)
    drawn = sorted(ratio(rng.choices(decisions, k=len(decisions)), above, below) for _ in range(RESAMPLES))
    return drawn[RESAMPLES * 25 // 1000], drawn[RESAMPLES * 975 // 1000]


def thirds(decisions, key):
    ordered = sorted(decisions, key=key)
    edges = [round(len(ordered) * i / 3) for i in range(4)]
    return [ordered[a:b] for a, b in zip(edges, edges[1:])]


def table(title, decisions, key, form):
    print(f"| {title} | decisions | {' | '.join(ARMS)} | C/B+ |")
    print("|---" * (len(ARMS) + 3) + "|")
    for group in thirds(decisions, key):
        low, high = form(key(group[0])), form(key(group[-1]))
        rates = " | ".join(f"{100 * sum(rate(d, arm) for d in group) / len(group):.1f}" for arm in ARMS)
        between = "%.2f, %.2f" % interval(group, "C", "B+")
        print(f"| {low} to {high} | {len(group)} | {rates} | {ratio(group, 'C', 'B+'):.2f} [{between}] |")
    print()


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        decisions = json.load(file)["decisions"]
    decisions = [d for d in decisions if d["service"] == "image_labels"]
    images = lambda d: d["evaluation"]["images"]
    table("labels", decisions, lambda d: images(d)["labels"], str)
    table("labels together", decisions, lambda d: images(d)["labels_together"], lambda value: f"{value:.2f}")


if __name__ == "__main__":
    main()
