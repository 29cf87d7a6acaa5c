"""The server: tools of the protocol on one side, a solver on the other."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import msgspec
from mcp import ListToolsResult
from mcp.server import Server, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp.types import (
    INVALID_PARAMS,
    CallToolRequestParams,
    CallToolResult,
    PaginatedRequestParams,
    TextContent,
)

from tts_async.errors import TTSError
from tts_async.mcp_server.answers import Comparison, Solution
from tts_async.mcp_server.arguments import CompareArguments, SolveArguments, read_arguments
from tts_async.mcp_server.searching import Searcher
from tts_async.mcp_server.tools import COMPARE, SOLVE, describe_tools
from tts_async.solver import Solver
from tts_async.version import __version__

INSTRUCTIONS: Final = (
    "Use solve for a problem with one definite answer, such as a calculation or a word problem; "
    "give it the whole problem. Use compare_strategies to see how sure an answer is. Both report "
    "progress and can be cancelled."
)

logger = logging.getLogger(__name__)  # the SDK's way, for its lines and ours to go together

Request = ServerRequestContext[Solver]


def make_server(solver: Solver, max_candidates: int) -> Server[Solver]:
    """See ``tts_async.mcp_server.make_server``."""
    searcher = Searcher(solver, max_candidates)

    @asynccontextmanager
    async def lifespan(_: Server[Solver]) -> AsyncIterator[Solver]:
        async with solver:
            yield solver

    async def list_tools(_: Request, __: PaginatedRequestParams | None) -> ListToolsResult:
        return ListToolsResult(tools=describe_tools(searcher.strategies(), max_candidates))

    async def call_tool(request: Request, params: CallToolRequestParams) -> CallToolResult:
        try:
            return _success(await _run(searcher, request, params))
        except TTSError as error:  # for the model to read, and perhaps to try again
            return _failure(str(error))
        except MCPError:
            raise
        except Exception:  # a bug, here or in a generator of somebody's own
            logger.exception("the tool %s failed", params.name)
            return _failure("internal error; the log of the server says more")

    return Server(
        "tts-async",
        version=__version__,
        title="tts_async",
        instructions=INSTRUCTIONS,
        lifespan=lifespan,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _run(
    searcher: Searcher, request: Request, params: CallToolRequestParams
) -> Solution | Comparison:
    report = request.session.report_progress
    match params.name:
        case "solve":
            return await searcher.solve(read_arguments(SolveArguments, params.arguments), report)
        case "compare_strategies":
            return await searcher.compare(
                read_arguments(CompareArguments, params.arguments), report
            )
        case unknown:
            raise MCPError(INVALID_PARAMS, f"no tool {unknown!r}; there are {SOLVE} and {COMPARE}")


def _success(answer: Solution | Comparison) -> CallToolResult:
    return CallToolResult(
        content=[_text(answer.in_words())], structured_content=msgspec.to_builtins(answer)
    )


def _failure(message: str) -> CallToolResult:
    return CallToolResult(content=[_text(message)], is_error=True)


def _text(text: str) -> TextContent:
    return TextContent(type="text", text=text)
