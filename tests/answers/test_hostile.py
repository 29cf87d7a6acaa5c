"""Whatever a model writes into its box costs at most its own time limit, once, and nobody else."""

import asyncio

from tts_async.answers import AnswerChecker

LIMIT = 3.0  # seconds; all but the endless take much less, also on a busy machine

ENDLESS = [
    "((9!)!)!",
    "(x+y+z)^{3000}-1",
]
"""What mathematics never comes back from."""

ODD = [
    "9**9**9**9",
    "7" * 100_000,
    "1+" * 50_000 + "1",
    "7" * 1999,
    r"\begin{pmatrix}" + r"\\".join("&".join("5" * 300) for _ in range(300)) + r"\end{pmatrix}",
    "\ud800\udfff",
    "\u202e\x00\ufffd\u0301" * 100,
    "5" + "\u0335" * 1000,
    "\U0001f937\u200d\u2640\ufe0f",
    r"\frac{1}{" * 20 + "x" + "}" * 20,
    r"\frac{1}{",
    r"\def\x{\x\x}\x",
    "^" * 500,
    "__import__('os').abort()",
]
"""What is read and rejected, or compared as text only."""

HONEST = ["x+1", r"\sqrt{8}", "1+x", r"2\sqrt{2}", "7"]
HONEST_GROUPS = [0, 1, 0, 1, 2]


async def test_hostile_answers_among_honest_ones() -> None:
    """Each is a group of its own, equal to itself; the process is replaced, not missed."""
    async with AnswerChecker(time_limit=LIMIT) as checker:
        assert await checker.group(HONEST) == HONEST_GROUPS
        pid = checker.pid
        hostile = [*ENDLESS, *ODD]
        attack = asyncio.create_task(checker.group([*hostile, *HONEST, *hostile]))
        bystanders = [
            await checker.group([f"x+{n}", f"y-{n}", f"{n}+x"]) for n in range(len(ENDLESS))
        ]
        assert bystanders == [[0, 1, 0]] * len(ENDLESS)
        own = list(range(len(hostile)))
        honest = [len(own) + number for number in HONEST_GROUPS]
        assert await attack == [*own, *honest, *own]
        assert checker.statistics().expired == len(ENDLESS)
        assert checker.statistics().crashed == 0
        assert checker.pid != pid
        later = [len(ENDLESS) + number for number in HONEST_GROUPS]
        assert await checker.group([*ENDLESS, *HONEST]) == [*range(len(ENDLESS)), *later]
        assert checker.statistics().expired == len(ENDLESS)
