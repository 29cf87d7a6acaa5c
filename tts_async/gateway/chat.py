"""``POST /v1/chat/completions``: one request, one search."""

from functools import partial

import msgspec
from aiohttp import web

from tts_async.gateway.access_log import current_record
from tts_async.gateway.completion import Completion
from tts_async.gateway.outcome import conclude
from tts_async.gateway.parts import ACCESS, MODEL_NAMES, SETTINGS, SOLVER, TURNSTILE
from tts_async.gateway.request_body import read_body
from tts_async.gateway.running import AdmittedSearch
from tts_async.gateway.schema import StreamOptions, read_chat_request
from tts_async.gateway.search_plan import make_plan
from tts_async.gateway.search_progress import SearchProgress
from tts_async.gateway.strategy_choice import StrategyChoice
from tts_async.gateway.streaming import stream_search


async def complete_chat(request: web.Request) -> web.StreamResponse:
    """The answer, whole or as a stream. A client that goes away cancels the search."""
    app = request.app
    await app[TURNSTILE].enter()
    solver = app[SOLVER]
    tenant = app[ACCESS].authenticate(request)
    asked = read_chat_request(await read_body(request))
    plan = make_plan(asked, tenant, StrategyChoice(solver, app[SETTINGS], app[MODEL_NAMES]))
    search = AdmittedSearch(
        solver=solver,
        access=app[ACCESS],
        tenant=tenant,
        plan=plan,
        progress=SearchProgress(),
    )
    record = current_record()
    record.model = asked.model
    if app[SETTINGS].log_prompts:
        record.prompt = plan.problem.messages(None)
    completion = Completion(model=asked.model)
    finish = partial(conclude, request=asked, solver=solver)
    try:
        if asked.stream:
            options = asked.stream_options or StreamOptions()
            return await stream_search(
                request, search, completion, finish, with_usage=bool(options.include_usage)
            )
        answer = completion.whole(finish(await search.run()))
        return web.Response(body=msgspec.json.encode(answer), content_type="application/json")
    finally:
        record.tokens, record.stop_reason = search.progress.tokens, search.progress.stop_reason
