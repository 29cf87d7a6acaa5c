"""What is stored under the keys: MessagePack, whose floats come back to the last bit.

Texts are stored as bytes, because servers and models do produce halves of surrogate pairs, which
are no Unicode. Results are compressed: there is one per search, and its tree repeats itself.
"""

import json
import zlib
from array import array
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from tts_async.types.budget import Spend
from tts_async.types.generation import Finish, Step
from tts_async.types.node import Node, Path
from tts_async.types.problem import Problem
from tts_async.types.result import AnswerVotes, Candidate, Result, StopReason
from tts_async.types.tree import Tree
from tts_async.types.verification import StepScores

LEVEL: Final = 1
"""Of the compression: higher ones take twice the time and save a few percent."""


def _as_plain(value: Any) -> Any:
    """Numbers and arrays of other libraries as Python's, anything else as text."""
    plain = getattr(value, "tolist", None)
    return repr(value) if plain is None else plain()


_Floats = tuple[float, ...] | None
_Step = tuple[bytes, Finish, int, tuple[int, ...], _Floats]
_Node = tuple[Path, _Step, _Floats, float | None]
_Candidate = tuple[Path, bytes | None, bytes | None, float | None, int | None, int]


class _Result(msgspec.Struct, array_like=True):
    answer: bytes | None
    text: bytes
    confidence: float
    stop_reason: StopReason
    strategy: str
    n: int | None
    seed: int
    candidates: list[_Candidate]
    votes: list[tuple[bytes, int, float]]
    spend: dict[str, Any]
    tree: list[_Node]
    chosen: str | None = None


_encode = msgspec.msgpack.Encoder(enc_hook=_as_plain).encode
_decode_steps = msgspec.msgpack.Decoder(list[_Step]).decode
_decode_scores = msgspec.msgpack.Decoder(list[bytes]).decode
_decode_result = msgspec.msgpack.Decoder(_Result).decode


def encode_steps(steps: Sequence[Step]) -> bytes:
    """The continuations of one request."""
    return _encode([_pack_step(step) for step in steps])


def decode_steps(payload: bytes) -> list[Step]:
    """The inverse of ``encode_steps``."""
    return [
        Step(_text(text), finish, tokens, token_ids, logprobs)
        for text, finish, tokens, token_ids, logprobs in _decode_steps(payload)
    ]


def encode_scores(paths: Sequence[StepScores]) -> bytes:
    """The step scores of some paths, eight bytes each."""
    return _encode([array("d", scores).tobytes() for scores in paths])


def decode_scores(payload: bytes) -> list[list[float]]:
    """The inverse of ``encode_scores``."""
    return [array("d", packed).tolist() for packed in _decode_scores(payload)]


def encode_problem(problem: Problem) -> bytes:
    """Everything a problem says, as JSON; metadata that is not plain data as text."""
    data = {
        "id": problem.id,
        "text": problem.text,
        "answer": problem.answer,
        "history": list(problem.history),
        "priority": problem.priority,
        "tenant": problem.tenant,
        "deadline": problem.deadline,
    }
    try:
        return _to_json({**data, "metadata": dict(problem.metadata)})
    except (TypeError, ValueError):  # keys that are no keys, or a structure that holds itself
        return _to_json({**data, "metadata": {"repr": repr(problem.metadata)}})


def decode_problem(payload: bytes) -> Problem:
    """The inverse of ``encode_problem``."""
    data = json.loads(payload)
    return Problem(**{**data, "history": tuple(data["history"])})


def encode_result(result: Result) -> bytes:
    """A whole result but its problem; the texts of candidates are those of the tree."""
    tree = result.tree
    packed = _Result(
        answer=_bytes(result.answer),
        text=_pack_text(result.text),
        confidence=result.confidence,
        stop_reason=result.stop_reason,
        strategy=result.strategy,
        n=result.n,
        seed=result.seed,
        candidates=[
            (
                candidate.path,
                None if candidate.path in tree else _pack_text(candidate.text),
                _bytes(candidate.answer),
                candidate.score,
                candidate.group,
                candidate.tokens,
            )
            for candidate in result.candidates
        ],
        votes=[(_pack_text(votes.answer), votes.count, votes.weight) for votes in result.votes],
        spend=result.spend.to_dict(),
        tree=[(node.path, _pack_step(node), node.step_scores, node.score) for node in tree],
        chosen=result.chosen,
    )
    return zlib.compress(_encode(packed), LEVEL)


def decode_result(payload: bytes, problem: bytes) -> Result:
    """The inverse of ``encode_result``, with its problem."""
    packed = _decode_result(zlib.decompress(payload))
    tree = _grow(packed.tree)
    return Result(
        problem=decode_problem(problem),
        answer=_str(packed.answer),
        text=_text(packed.text),
        confidence=packed.confidence,
        stop_reason=packed.stop_reason,
        strategy=packed.strategy,
        n=packed.n,
        seed=packed.seed,
        candidates=tuple(
            Candidate(
                path=path,
                text=tree[path].full_text if text is None else _text(text),
                answer=_str(answer),
                score=score,
                group=group,
                tokens=tokens,
            )
            for path, text, answer, score, group, tokens in packed.candidates
        ),
        votes=tuple(
            AnswerVotes(answer=_text(answer), count=count, weight=weight)
            for answer, count, weight in packed.votes
        ),
        spend=Spend(**packed.spend),
        tree=tree,
        chosen=packed.chosen,
    )


def _grow(rows: Sequence[_Node]) -> Tree:
    tree = Tree()
    for path, (text, finish, tokens, token_ids, logprobs), step_scores, score in rows:
        node = Node(
            parent=tree[path[:-1]],  # in tree order, so it always comes before its children
            path=path,
            text=_text(text),
            finish=finish,
            tokens=tokens,
            token_ids=token_ids,
            logprobs=logprobs,
            step_scores=step_scores,
            score=score,
        )
        tree.put([node])
    return tree


def _pack_step(step: Step | Node) -> _Step:
    return _pack_text(step.text), step.finish, step.tokens, step.token_ids, step.logprobs


def _pack_text(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else _pack_text(text)


def _text(packed: bytes) -> str:
    return packed.decode("utf-8", "surrogatepass")


def _str(packed: bytes | None) -> str | None:
    return None if packed is None else _text(packed)


def _to_json(data: Any) -> bytes:
    """JSON that can write every text and every float exactly."""
    return json.dumps(data, default=_as_plain, separators=(",", ":")).encode()
