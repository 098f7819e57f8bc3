"""much picture. very dog? wow."""
