"""What one worker has of its node: its row, the pools it takes from, its mailbox."""

import time

from host.node.mail import Mail, Sockets
from host.node.pools import Pools
from host.node.segment import Segment


class Shared:
    """What the main process makes before it forks the workers: memory and sockets."""

    def __init__(self, workers: int, figures: int, gauges: int = 0) -> None:
        self.workers = workers
        self.segment = Segment(workers, figures, gauges)
        self.sockets = Sockets(self.segment.rows)

    def join(self) -> "Node":
        """This process as a worker of the node. Once a process."""
        return Node(self)

    def close(self) -> None:
        """For a process that made the node for itself."""
        self.sockets.close()
        self.segment.close()


class Node:
    """One worker's place in its node. Without other workers everything holds for this process alone."""

    def __init__(self, shared: Shared) -> None:
        self.workers = shared.workers
        self.segment = shared.segment
        self.row = shared.segment.claim()
        self.mail = Mail(shared.sockets, self.row, self.peers)
        self.pools = Pools(shared.segment, self.mail.ring)

    def peers(self) -> list[int]:
        """The rows of the other workers that read their mail."""
        return [row for row in self.segment.readers() if row != self.row]

    def enter(self) -> None:
        """This worker takes part: it reads its mail, on the running event loop."""
        self.mail.open()
        self.segment.reads_mail(True)

    def leave(self) -> None:
        """This worker ends in good order: what it does not use is free at once, the rest when its process is gone."""
        self.segment.reads_mail(False)
        self.mail.close()
        self.pools.return_unused()
        self.segment.leave()
        self.mail.ring()

    @property
    def uptime_s(self) -> float:
        """Seconds since the node began."""
        return time.time() - self.segment.began_ms / 1000
