"""Foodier: a feed of what people ate, and nothing else."""
