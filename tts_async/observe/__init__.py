"""Consumers of the one event stream: logs, metrics, traces, progress, live views, the tree.

A library is silent by default: nothing here runs, prints or configures anything until it is
handed to a ``Solver`` as an observer.
"""

from tts_async.observe.activity import Activity
from tts_async.observe.hub import EventHub
from tts_async.observe.logs import configure_logging, log_events
from tts_async.observe.metrics import make_metrics, metrics_route
from tts_async.observe.progress import Progress
from tts_async.observe.tally import Tally
from tts_async.observe.tracing import configure_tracing, trace_requests, trace_searches
from tts_async.observe.tree import draw_tree, tree_page

__all__ = [
    "Activity",
    "EventHub",
    "Progress",
    "Tally",
    "configure_logging",
    "configure_tracing",
    "draw_tree",
    "log_events",
    "make_metrics",
    "metrics_route",
    "trace_requests",
    "trace_searches",
    "tree_page",
]
