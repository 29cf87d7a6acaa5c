"""A server for the Model Context Protocol: searches as tools of assistants and agents.

``tools`` says what there is, ``arguments`` what a client may ask and ``answers`` what it is told;
``server`` puts them together with a solver, and ``stdio`` and ``http`` are the two ways in. The
package ``mcp`` is imported with the first use.
"""

from typing import TYPE_CHECKING

from tts_async.errors import ConfigurationError
from tts_async.solver import Solver

if TYPE_CHECKING:
    from mcp.server import Server

__all__ = ["make_server"]


def make_server(solver: Solver, *, max_candidates: int = 256) -> "Server[Solver]":
    """A server with the tools ``solve`` and ``compare_strategies``, whose searches ``solver`` runs.

    It opens the solver when it starts to serve and closes it at the end. ``max_candidates`` bounds
    the ``n`` of a search. Run it with ``tts_async.mcp_server.stdio.serve_stdio``, with
    ``…http.serve_http``, or in any way that the SDK offers. Raises ``ConfigurationError`` without
    the package ``mcp``.
    """
    try:
        from tts_async.mcp_server import server
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the MCP server needs the package {error.name}: pip install 'tts-async[mcp]'"
        ) from error
    return server.make_server(solver, max_candidates)
