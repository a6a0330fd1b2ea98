"""Finding the rule that covers another among a thousand, without trying them all.

A rule that covers another matches every request that the other allows. So one such request is made up, with parts that
no rule spells out wherever the other leaves them open, and only the rules that match it are compared in full.
"""

from collections.abc import Iterator, Sequence

from host.policy.cover import fetch_excess, paths_of
from host.policy.decide.fetch import FetchRules
from host.policy.decide.outcome import Rule
from host.policy.grants.model import ANY, FetchGrant
from host.policy.pattern.hosts import HostPattern

_UNKNOWN = "\0"


class Covering:
    """Rules of one policy, to be asked which of them covers some rule."""

    def __init__(self, grants: Sequence[FetchGrant]) -> None:
        self._rules = FetchRules("", grants, (), lambda id, name: Rule(id, name))

    def of(self, grant: FetchGrant) -> FetchGrant | None:
        """A rule that covers `grant`, or None."""
        return next((each for each in self.candidates(grant) if covers(each, grant)), None)

    def candidates(self, grant: FetchGrant) -> Iterator[FetchGrant]:
        """Every rule that could cover `grant`, and few others."""
        index = self._rules.allowing
        scheme, port = min(grant.endpoints, key=str)
        mask = index.by_host(_sample_host(grant.hosts[0])) & index.by_endpoint(scheme, port or 0)
        mask &= index.methods.find(_UNKNOWN if grant.methods == ANY else grant.methods[0])
        mask = mask and mask & index.paths.find(paths_of(grant)[0].sample())
        while mask:
            lowest = mask & -mask
            yield self._rules.grants[lowest.bit_length() - 1]
            mask ^= lowest


def covers(wide: FetchGrant, narrow: FetchGrant) -> bool:
    """Whether `wide` lets through all that `narrow` does, limits too."""
    return next(fetch_excess(wide, narrow), None) is None


def _sample_host(pattern: HostPattern) -> str:
    before = {"exact": "", "one": f"{_UNKNOWN}.", "many": f"{_UNKNOWN}.{_UNKNOWN}.", "any": _UNKNOWN}
    return before[pattern.kind] + pattern.name
