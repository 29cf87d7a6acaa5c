"""Composition: generator, verifier, lanes and answers behind ``Solver``."""

from tts_async.solver.solver import Solver

__all__ = ["Solver"]
