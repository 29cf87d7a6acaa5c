"""How far a search is, in a line for people."""

import asyncio

from tts_async.types.events import Event, ExpansionFinished, ScoringFinished, SearchFinished
from tts_async.types.node import Node


class SearchProgress:
    """Fed with the events of one search; a slow reader misses states, never the newest.

    ``tokens`` were generated so far. ``changed`` is set whenever there is something new to tell.
    """

    def __init__(self) -> None:
        self.tokens = 0
        self.stop_reason: str | None = None
        self.changed = asyncio.Event()
        self._depth = 0
        self._candidates = 0
        self._best: tuple[bool, int, float] | None = None

    def watch(self, event: Event) -> None:
        """Take note of what happened."""
        match event:
            case ExpansionFinished(children=children, detached=detached):
                self.tokens += sum(child.tokens for child in children)
                if not detached:
                    self._grow(children)
            case ScoringFinished(nodes=nodes):
                self._judge(nodes)
            case SearchFinished(result=result):  # the last word, speculation included
                self.tokens = result.spend.tokens + result.spend.wasted_tokens
                self.stop_reason = result.stop_reason
            case _:
                return
        self.changed.set()

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
