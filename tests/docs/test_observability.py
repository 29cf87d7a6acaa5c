"""The page about metrics and traces, the dashboard and the code agree."""

import json
import re
from typing import Any

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import gen_ai_attributes
from prometheus_client import CollectorRegistry

from tests.docs.pages import DOCS
from tests.observe.events import search
from tts_async.errors import GenerationError
from tts_async.observe.metrics import CATALOGUE, make_metrics
from tts_async.observe.tracing import trace_searches
from tts_async.types.events import Event, ExpansionQueued, SearchFailed, SearchStarted

PAGE = (DOCS / "observability.md").read_text(encoding="utf-8")
DASHBOARD: dict[str, Any] = json.loads(
    (DOCS / "assets" / "grafana-dashboard.json").read_text(encoding="utf-8")
)
SUFFIXES = ("_bucket", "_sum", "_count")


def test_the_table_of_metrics_is_the_catalogue() -> None:
    """Names, types, labels and meanings, in the same order."""
    rows = re.findall(r"^\| `(tts_async_\w+)` \| (\w+) \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    found = [
        (name, kind, tuple(re.findall(r"`(\w+)`", row)), text) for name, kind, row, text in rows
    ]
    assert found == [(f.name, f.kind, f.labels, f.help) for f in CATALOGUE]


def expressions() -> list[str]:
    """Every query of the dashboard."""
    panels = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
    queries = [target["expr"] for panel in panels for target in panel["targets"]]
    return queries + [variable["definition"] for variable in variables("query")]


def variables(kind: str) -> list[dict[str, Any]]:
    """Of the dashboard."""
    return [each for each in DASHBOARD["templating"]["list"] if each["type"] == kind]


def test_every_metric_of_the_dashboard_exists() -> None:
    """As samples that a page of metrics really has, and with labels that they have."""
    registry = CollectorRegistry()
    metrics = make_metrics(registry)
    for event in [*search()[1], *failed()]:
        metrics(event)
    declared = {family.name: family for family in CATALOGUE}
    histograms = {f.name + suffix for f in CATALOGUE if f.buckets for suffix in SUFFIXES}
    for expression in expressions():
        names = set(re.findall(r"\btts_async_\w+", expression))
        assert names
        assert names <= (set(declared) - {f.name for f in CATALOGUE if f.buckets}) | histograms
        labels = {label for n in names for label in declared[re.sub("_bucket$", "", n)].labels}
        grouped = set(", ".join(re.findall(r"by \(([^)]*)\)", expression)).split(", ")) - {"", "le"}
        assert grouped <= labels


def test_every_metric_is_on_the_dashboard() -> None:
    """What nobody looks at need not be counted."""
    shown = "\n".join(expressions())
    assert [family.name for family in CATALOGUE if family.name not in shown] == []


def test_the_dashboard_has_no_data_source_of_its_own() -> None:
    """It takes the one that is chosen, and its panels do not lie on each other."""
    assert variables("datasource")[0]["query"] == "prometheus"
    taken = set()
    for panel in DASHBOARD["panels"]:
        if panel["type"] != "row":
            assert panel["datasource"]["uid"] == "${datasource}"
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(identities)) == len(identities)


def failed() -> list[Event]:
    """A search that fails while it waits."""
    _, events = search()
    begun = [event for event in events if isinstance(event, SearchStarted | ExpansionQueued)][:2]
    tag, number = begun[0].problem_id, begun[0].search
    error = GenerationError("away")
    return [*begun, SearchFailed(problem_id=tag, search=number, at=9.0, error=error)]


def test_the_attributes_of_spans_are_those_in_the_table() -> None:
    """Of all that a search can leave; those of the conventions exist there."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    observe = trace_searches(provider)
    for event in [*search()[1], *failed()]:
        observe(event)
    seen: dict[str, set[str]] = {}
    for span in exporter.get_finished_spans():
        seen.setdefault(span.name, set()).update(span.attributes or {})
    rows = re.findall(r"^\| `(solve|expand|score)` \| (.*) \|$", PAGE, re.MULTILINE)
    table = {name: set(re.findall(r"`([\w.]+)`", row)) for name, row in rows}
    seen["score"].add("tts_async.abandoned")  # like that of expand
    assert table == seen
    conventions = {
        value for name, value in vars(gen_ai_attributes).items() if name.startswith("GEN_AI")
    }
    used = {name for names in seen.values() for name in names if name.startswith("gen_ai.")}
    assert used <= conventions
