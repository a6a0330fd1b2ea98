"""Signatures, key pairs and key exchange."""

OPERATIONS = {}
