"""Every metric, declared once: its name, what it counts, and what it is told apart by.

Labels have few values by construction: names of strategies, reasons, lanes, classes of errors.
Problems and tenants are never among them.
"""

from dataclasses import dataclass
from typing import Final, Literal

Kind = Literal["counter", "histogram", "gauge"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The metrics of one name; ``buckets`` are the upper bounds of a histogram's, in seconds."""

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


_SHORT: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_LONG: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)

SEARCHES_STARTED: Final = Family(
    name="tts_async_searches_started_total",
    kind="counter",
    help="Searches that began.",
    labels=("strategy",),
)
SEARCHES_FINISHED: Final = Family(
    name="tts_async_searches_finished_total",
    kind="counter",
    help="Searches that ended, and how: a result's stop_reason, error or cancelled.",
    labels=("strategy", "stop_reason"),
)
SEARCHES_RUNNING: Final = Family(
    name="tts_async_searches_running", kind="gauge", help="Searches under way."
)
SEARCH_DURATION: Final = Family(
    name="tts_async_search_duration_seconds",
    kind="histogram",
    help="From the start of a search to its result; failed and cancelled ones are left out.",
    labels=("strategy",),
    buckets=_LONG,
)
TOKENS_GENERATED: Final = Family(
    name="tts_async_tokens_generated_total",
    kind="counter",
    help="Tokens of the continuations that arrived.",
    labels=("strategy",),
)
TOKENS_WASTED: Final = Family(
    name="tts_async_tokens_wasted_total",
    kind="counter",
    help="Tokens drawn ahead of time and not needed, as far as they had arrived.",
)
TOKENS_SAVED: Final = Family(
    name="tts_async_tokens_saved_total",
    kind="counter",
    help="Estimated tokens that early stops left undrawn.",
)
EXPANSIONS: Final = Family(
    name="tts_async_expansions_total",
    kind="counter",
    help="Requests for continuations that were answered.",
    labels=("strategy",),
)
EXPANSION_WAIT: Final = Family(
    name="tts_async_expansion_wait_seconds",
    kind="histogram",
    help="Time of a request for continuations in the queue of the generation lane.",
    buckets=_SHORT,
)
EXPANSION_DURATION: Final = Family(
    name="tts_async_expansion_duration_seconds",
    kind="histogram",
    help="Time the generator took for a request, the queue not included.",
    buckets=_SHORT,
)
SCORING_WAIT: Final = Family(
    name="tts_async_scoring_wait_seconds",
    kind="histogram",
    help="Time of paths in the queue of the verification lane.",
    buckets=_SHORT,
)
SCORING_DURATION: Final = Family(
    name="tts_async_scoring_duration_seconds",
    kind="histogram",
    help="Time the verifier took to score the paths of a request, the queue not included.",
    buckets=_SHORT,
)
PATHS_SCORED: Final = Family(
    name="tts_async_paths_scored_total", kind="counter", help="Paths that the verifier scored."
)
ERRORS: Final = Family(
    name="tts_async_errors_total",
    kind="counter",
    help="Searches that failed, by the class of the error.",
    labels=("kind",),
)
LANE_CAPACITY: Final = Family(
    name="tts_async_lane_capacity",
    kind="gauge",
    help="Slots of a lane: sequences that may be in flight at a time.",
    labels=("lane",),
)
LANE_IN_USE: Final = Family(
    name="tts_async_lane_in_use",
    kind="gauge",
    help="Slots of a lane that are taken.",
    labels=("lane",),
)
LANE_QUEUED: Final = Family(
    name="tts_async_lane_queued",
    kind="gauge",
    help="Slots that those who wait for a lane have asked for.",
    labels=("lane",),
)
VERIFIER_TOKENS: Final = Family(
    name="tts_async_verifier_tokens_total",
    kind="counter",
    help="Tokens of scored paths: computed, or reused from paths with the same beginning.",
    labels=("worker", "source"),
)
VERIFIER_REMEMBERED: Final = Family(
    name="tts_async_verifier_remembered_total",
    kind="counter",
    help="Paths whose scores were known already.",
    labels=("worker",),
)
VERIFIER_RESTARTS: Final = Family(
    name="tts_async_verifier_restarts_total",
    kind="counter",
    help="Deaths of a worker process of the verifier.",
    labels=("worker",),
)
BUILD: Final = Family(
    name="tts_async_build_info",
    kind="gauge",
    help="Always 1; the version of tts_async is a label.",
    labels=("version",),
)

CATALOGUE: Final = (
    SEARCHES_STARTED,
    SEARCHES_FINISHED,
    SEARCHES_RUNNING,
    SEARCH_DURATION,
    TOKENS_GENERATED,
    TOKENS_WASTED,
    TOKENS_SAVED,
    EXPANSIONS,
    EXPANSION_WAIT,
    EXPANSION_DURATION,
    SCORING_WAIT,
    SCORING_DURATION,
    PATHS_SCORED,
    ERRORS,
    LANE_CAPACITY,
    LANE_IN_USE,
    LANE_QUEUED,
    VERIFIER_TOKENS,
    VERIFIER_REMEMBERED,
    VERIFIER_RESTARTS,
    BUILD,
)
