"""Decisions on record: each one that a policy made, as a line of JSON. For operators, and for `cellblock policy learn`.
"""
