"""Spreadsheets: reading and writing workbooks (xlsx, xlsm, xltx) and CSV for guests, in steps.

`power.py` is the worker's side: handles, limits and the policy. All work on a workbook's bytes is done apart
(`host/capabilities/apart`), in `reading.py` and `writing.py` and what they use. Those import nothing of the worker's,
and this file imports nothing: the zygote comes through here.
"""
