"""How far searches have come, in a line for people."""

from tts_async.types.events import Event, ExpansionFinished, ScoringFinished
from tts_async.types.node import Node


class Headway:
    """Fed with the events of a search, or of several that count as one.

    ``tokens`` were generated so far, speculation included.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self._depth = 0
        self._candidates = 0
        self._best: tuple[bool, int, float] | None = None

    def take(self, event: Event) -> bool:
        """Take note of what happened; whether that was anything new."""
        match event:
            case ExpansionFinished(children=children, detached=detached):
                self.tokens += sum(child.tokens for child in children)
                if not detached:
                    self._grow(children)
            case ScoringFinished(nodes=nodes):
                self._judge(nodes)
            case _:
                return False
        return True

    def _grow(self, children: tuple[Node, ...]) -> None:
        self._depth = max([self._depth, *(child.depth for child in children)])
        self._candidates += sum(child.finished for child in children)

    def _judge(self, nodes: tuple[Node, ...]) -> None:
        """Scores of complete answers count most, and then those of the longest paths."""
        seen = [(n.finished, n.depth, n.score) for n in nodes if n.score is not None]
        ranked = [(finished, 0 if finished else depth, score) for finished, depth, score in seen]
        self._best = max([*ranked, *([self._best] if self._best else [])], default=None)

    def __str__(self) -> str:
        """``"depth 3, 5 candidates, best score 0.93, 1,204 tokens"``."""
        parts = [f"depth {self._depth}", f"{self._candidates} candidates"]
        if self._best is not None:
            parts.append(f"best score {self._best[2]:.2f}")
        return ", ".join([*parts, f"{self.tokens:,} tokens"])
