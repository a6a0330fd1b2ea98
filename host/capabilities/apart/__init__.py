"""Work done apart: in a process of its own, which can be killed.

What may burn time or memory on hostile input (spreadsheets, key generation) is done in a process that is forked for
that one piece of work and dies with it. It is forked from a *zygote*: a small process without threads, started afresh
and not forked from a worker, which has imported what the work needs and holds nothing else. So a fork takes a
millisecond, and the work has no socket, secret or memory of the worker's in reach.

`Apart` is the worker's side, `zygote.py` the other process, `door.py` what a job sees, `frames.py` what both talk in.
This file imports nothing: the zygote comes through here.
"""
