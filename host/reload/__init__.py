"""Policies while the service runs: the main process reads the folder, and every worker takes what is valid as a whole.

`source.py` reads and checks, `keeper.py` keeps the last good ones and tells of the others, `snapshot.py` is what goes
from the main process to the workers, `in_force.py` a worker's end of it.
"""
