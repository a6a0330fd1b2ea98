"""From a bearer token to who calls, and what they may use. Only the token selects: a request narrows, never widens."""

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from host.errors import AuthenticationError, PolicyError
from host.policy.access import ANONYMOUS
from host.policy.ceilings import narrow
from host.policy.model import Limits, Policy, PolicySet, Principal, Quota, token_sha256
from host.policy.wants import usable

_LOCAL_HOSTS = (b"localhost", b"127.0.0.1", b"[::1]")
#: A JSON string can spell each byte of code in six (`\u000a`); base64 takes less.
_ESCAPED_BYTES_MAX = 6
#: Room for the other fields, their names and blanks.
_ENVELOPE_BYTES = 4096
_TOKEN_BYTES_MAX = 1024


class Caller(Struct, frozen=True):
    """A principal with the policies that it may use, the default first, and the largest body that can be of use. An
    operator sees and ends the executions of all."""

    name: str
    policies: Mapping[str, Policy]
    body_bytes_max: int
    quota: Quota = Quota()
    operator: bool = False

    @property
    def sees(self) -> str | None:
        """Whose executions it sees: its own, or (None) everybody's."""
        return None if self.operator else self.name

    def policy(self, name: str | None) -> Policy:
        """The policy `name`, or the default without a name. Raises PolicyError.

        Whether a policy exists that this caller may not use is not told apart from one that does not exist.
        """
        if name is None:
            for policy in self.policies.values():
                return policy
            raise PolicyError("There is no policy that you may use", "Ask the operator for one in access.yaml.")
        policy = self.policies.get(name)
        if policy is None:
            usable = ", ".join(self.policies) or "none"
            raise PolicyError(f"You may not use a policy named `{name[:64]}`", f"Those you may use: {usable}.")
        return policy


class Callers:
    """Everybody who may call, worked out once each time that policies come into force."""

    def __init__(self, policies: PolicySet, ceilings: Limits) -> None:
        self._ceilings = ceilings
        self.take(policies)

    def take(self, policies: PolicySet) -> None:
        """From now on these policies are in force."""
        access = policies.access
        needs = _Needs(self._ceilings)
        # The index is by a hash that only the owner of a token can hit, so how long a look-up takes tells nothing.
        self._by_token: dict[str, Caller] = {
            principal.token_sha256: _caller(principal, policies.policies_for(principal), needs)
            for principal in (access.principals if access is not None else ())
        }
        self._local_only = access is None
        self._anonymous = _anonymous(policies, needs)
        self._audited_until = max((each.mode.until or date.min for each in usable(policies)), default=date.min)
        #: How often policies came into force. Who was identified before the last time may be somebody else now.
        self.version = getattr(self, "version", 0) + 1

    def audits_on(self, today: date) -> bool:
        """Whether any policy that somebody may use lets through on that day (UTC) what it does not grant."""
        return today <= self._audited_until

    def identify(self, authorization: bytes | None, host: bytes | None) -> Caller:
        """Who sent a request with these headers. Raises AuthenticationError."""
        if authorization is not None:
            return self._by_bearer(authorization)
        if self._local_only and not _is_local(host):
            # A page in the operator's own browser reaches loopback too, by a name that its owner points there.
            raise AuthenticationError(
                "Without access.yaml the service answers to requests for localhost only",
                "Call it as 127.0.0.1 or localhost, or write access.yaml.",
            )
        if self._anonymous is None:
            raise AuthenticationError("A token is needed", "Send `Authorization: Bearer TOKEN`.")
        return self._anonymous

    def _by_bearer(self, authorization: bytes) -> Caller:
        scheme, _, token = authorization.partition(b" ")
        token = token.strip()
        if scheme.lower() != b"bearer" or not token or len(token) > _TOKEN_BYTES_MAX:
            raise AuthenticationError("The Authorization header is not a bearer token", "Send `Bearer TOKEN`.")
        caller = self._by_token.get(token_sha256(token.decode("latin-1")))
        if caller is None:
            raise AuthenticationError("The token is not known", "Ask the operator for a token in access.yaml.")
        return caller


class _Needs:
    """What the largest body under each policy takes, worked out once a policy: many principals may share it."""

    def __init__(self, ceilings: Limits) -> None:
        self._ceilings = ceilings
        self._known: dict[str, tuple[int, int]] = {}

    def body_bytes_max(self, policies: Iterable[Policy]) -> int:
        each = [self._of(policy) for policy in policies]
        code = max((code for code, _ in each), default=0)
        given = max((given for _, given in each), default=0)
        return _ESCAPED_BYTES_MAX * code + given + _ENVELOPE_BYTES

    def _of(self, policy: Policy) -> tuple[int, int]:
        if policy.name not in self._known:
            limits = narrow(policy.limits, self._ceilings)
            self._known[policy.name] = limits.code_bytes, limits.input_bytes
        return self._known[policy.name]


def _anonymous(policies: PolicySet, needs: _Needs) -> Caller | None:
    """Callers without a token. Without access rules that is whoever is on this machine, with every policy there is:
    `sandbox` first, else the first by name."""
    if policies.access is None:
        listed = sorted(policies.policies.values(), key=lambda policy: (policy.name != "sandbox", policy.name))
        # Whoever is on this machine is its operator as well.
        return _caller(None, listed, needs, operator=True)
    listed = policies.policies_for(None)
    return _caller(None, listed, needs) if listed else None


def _caller(principal: Principal | None, policies: Iterable[Policy], needs: _Needs, operator: bool = False) -> Caller:
    may_use = {policy.name: policy for policy in policies}
    body = needs.body_bytes_max(may_use.values())
    if principal is None:
        return Caller(ANONYMOUS, may_use, body, operator=operator)
    return Caller(principal.name, may_use, body, principal.quota, principal.operator)


def _is_local(host: bytes | None) -> bool:
    name = (host or b"").lower()
    return any(name == local or name.startswith(local + b":") for local in _LOCAL_HOSTS)
