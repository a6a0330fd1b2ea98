"""Deciding, one file for each capability: `decide(rules, request)` gives Allow or Deny, and knows no clock, no network
and no settings. `rulebook.py` makes the rules of a policy ready to be asked."""
