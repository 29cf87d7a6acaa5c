"""Solve one problem with nothing configured: the embedded model, DVTS with 16 candidates."""

import asyncio

import tts_async


async def main() -> None:
    """Ask once with search and once without."""
    problem = "4+((8*33)+53)"
    for strategy in ("greedy", "dvts"):
        result = await tts_async.solve(problem, strategy=strategy)
        print(f"{strategy:>6}: {result.answer}  (confidence {result.confidence:.2f}, ", end="")
        print(f"{len(result.candidates)} candidates, {result.spend.tokens} tokens)")
    print("  true:", 4 + ((8 * 33) + 53))


if __name__ == "__main__":
    asyncio.run(main())
