"""What a folder that is in force may not turn into, although it would be fine to begin with."""

from host.policy.model import PolicySet
from host.policy.resolve import PolicyFolderError, folder_error


def check_change(before: PolicySet, after: PolicySet) -> None:
    """Raises PolicyFolderError where access rules have gone: a folder that is copied, or a file that is renamed, must
    not make everybody on this machine an operator for a moment."""
    if before.access is not None and after.access is None:
        message = "the folder had an access.yaml, and has none any more"
        fix = "Put it back, or start the service anew to serve this machine without one."
        raise PolicyFolderError((folder_error("access-gone", message, fix=fix),), {})


def own_fault() -> PolicyFolderError:
    """The error for a folder that could not be judged."""
    message = "a fault of the service's own; its log has more"
    return PolicyFolderError((folder_error("internal", message),), {})


def unsettled() -> PolicyFolderError:
    """The error for a folder that does not come to rest."""
    message = "the files change while they are read"
    return PolicyFolderError((folder_error("unsettled", message, fix="Ask again when they are written."),), {})
