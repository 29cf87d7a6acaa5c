"""Journals: what was drawn and scored, kept in a file, so that nothing is asked for twice.

``Solver(journal="journal.sqlite")`` writes one; ``read_runs`` and ``read_results`` read it, also
while it is being written.
"""

from tts_async.journal.identity import ModelIdentity
from tts_async.journal.journal import Journal
from tts_async.journal.places import find_journals
from tts_async.journal.reading import RunRecord, read_results, read_runs
from tts_async.journal.runs import RunSettings
from tts_async.journal.statistics import JournalStatistics

__all__ = [
    "Journal",
    "JournalStatistics",
    "ModelIdentity",
    "RunRecord",
    "RunSettings",
    "find_journals",
    "read_results",
    "read_runs",
]
