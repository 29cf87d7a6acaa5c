"""Every error that tts_async raises on purpose.

The hierarchy::

    TTSError
    ├── ConfigurationError          a wrong argument; also a ValueError
    ├── GenerationError             the generator could not do its part
    │   ├── GeneratorUnavailable    cannot be reached, or its process died
    │   ├── GeneratorRejected       the server refused the request; a retry cannot help
    │   ├── MalformedResponse       the server answered something that is not an answer
    │   └── PromptTooLong           the problem does not fit into the model's context
    ├── VerificationError           the verifier could not do its part
    │   ├── VerifierUnavailable     its process or server is gone
    │   └── InvalidScores           wrong number of scores, NaN, or outside [0, 1]
    ├── WorkerError                 a worker process
    │   ├── WorkerStartError        never became ready: missing weights, package or memory
    │   └── BrokenWorker            died with requests in flight
    ├── AnswerError                 your own extract or compare failed on an answer
    ├── DatasetError                a row or file of problems that cannot be used
    ├── JournalError                a journal that cannot be opened, read or written
    └── BudgetExhausted             a search ran out of what it was given; the Solver turns it
                                    into a Result, so only custom strategies ever see it

Errors of other libraries are mapped to these where they enter, chained with ``from``.
"""


class TTSError(Exception):
    """Base class of every error raised by tts_async."""


class ConfigurationError(TTSError, ValueError):
    """An argument is wrong; the message names the argument and the fix."""


class GenerationError(TTSError):
    """The generator could not produce the requested continuations."""


class GeneratorUnavailable(GenerationError):
    """The generator cannot be reached, or its process died."""


class GeneratorRejected(GenerationError):
    """The server refused the request as it stands (HTTP 4xx); asking again cannot help."""


class MalformedResponse(GenerationError):
    """The server's answer lacks what the API promises."""


class PromptTooLong(GenerationError):
    """The prompt (and what was generated so far) leaves no room in the model's context."""


class VerificationError(TTSError):
    """The verifier could not score the given paths."""


class VerifierUnavailable(VerificationError):
    """The verifier cannot be reached, or its process died."""


class InvalidScores(VerificationError):
    """The verifier returned scores of the wrong count or outside [0, 1]."""


class WorkerError(TTSError):
    """A worker process failed."""


class WorkerStartError(WorkerError):
    """A worker process did not become ready."""


class BrokenWorker(WorkerError):
    """A worker process died or broke the protocol while requests were in flight."""


class AnswerError(TTSError):
    """A function given as ``extract`` or ``compare`` raised, or returned what is no answer."""


class DatasetError(TTSError):
    """A problem file cannot be read; the message names the file and the line."""


class JournalError(TTSError):
    """A journal cannot be opened, read or written; the message names the file and the fix."""


class BudgetExhausted(TTSError):
    """A search used up its budget; carries the name of the limit that was hit."""

    def __init__(self, limit: str) -> None:
        super().__init__(f"budget exhausted: {limit}")
        self.limit = limit


def describe(error: Exception) -> str:
    """An error in one string, ``"Kind: message"``, for files and logs."""
    return f"{type(error).__name__}: {error}"


def recall(description: str) -> TTSError:
    """The error that ``describe`` wrote down; a plain ``TTSError`` for a kind unknown here."""
    name, _, message = description.partition(": ")
    kind = globals().get(name)
    if not (isinstance(kind, type) and issubclass(kind, TTSError)):
        return TTSError(description)
    error = kind.__new__(kind)  # not the constructor: one may say the message in its own words
    error.args = (message,)
    return error
