r"""What tts_async tests itself with, for your tests too.

A generator and a verifier that follow a script, a generator of random trees, a proxy that breaks
answers on their way, and virtual time:

    async def main():
        generator = ScriptedGenerator({"": ["2\n\n", "3\n\n"], ...}, delay=5.0)
        async with Solver(generator=generator, verifier=ScriptedVerifier({...})) as solver:
            return await solver.solve("1 + 1", strategy=DVTS(n=2, beam_width=2))

    result = run_virtual(main())  # takes no time at all
"""

from tts_async.testing import faults
from tts_async.testing.clock import VirtualTimeLoop, run_virtual
from tts_async.testing.fault_proxy import FaultProxy, ProxiedRequest, RandomFaults
from tts_async.testing.generator import RandomGenerator, ScriptedGenerator
from tts_async.testing.verifier import ScriptedVerifier

__all__ = [
    "FaultProxy",
    "ProxiedRequest",
    "RandomFaults",
    "RandomGenerator",
    "ScriptedGenerator",
    "ScriptedVerifier",
    "VirtualTimeLoop",
    "faults",
    "run_virtual",
]
