"""Patterns of hosts, paths, names and addresses: what each matches, and which of two covers the other."""
