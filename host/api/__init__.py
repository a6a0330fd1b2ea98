"""The HTTP edge: parse, authenticate, call, render. It decides nothing."""
