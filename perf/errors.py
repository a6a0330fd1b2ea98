"""What can go wrong in the harness itself."""


class Unavailable(Exception):
    """A contestant cannot be had on this machine; the message says why, and becomes its row in the report."""


class LoadFailed(Exception):
    """The load generator did not run, or printed nothing that can be read."""
