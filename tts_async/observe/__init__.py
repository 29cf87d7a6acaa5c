"""Consumers of the one event stream: logs, a progress display, a picture of the tree.

A library is silent by default: nothing here runs, prints or configures anything until it is
handed to a ``Solver`` as an observer.
"""

from tts_async.observe.activity import Activity
from tts_async.observe.logs import configure_logging, log_events
from tts_async.observe.progress import Progress
from tts_async.observe.tally import Tally
from tts_async.observe.tree import draw_tree

__all__ = ["Activity", "Progress", "Tally", "configure_logging", "draw_tree", "log_events"]
