"""Signed folders: a manifest names every file with its digest, and a signature says who wrote the manifest."""
