"""No metric is declared that nothing feeds, and no page, manifest or alert names one that does not exist."""

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = sorted(path for folder in ("services", "operations") for path in (ROOT / folder).rglob("*.py"))
KINDS = {"Counter": "counter", "Gauge": "gauge", "Histogram": "histogram"}
A_KIND = re.compile("|".join((*KINDS, *KINDS.values())))
FEEDS = frozenset({"set", "inc", "dec", "observe", "set_function"})
TELEMETRY = ROOT / "services" / "kernel" / "observing" / "telemetry.py"
PAGE = ROOT / "docs" / "metrics.md"
PAGES = [
    ROOT / "README.md",
    *sorted(
        path
        for folder in ("docs", "deploy", "policies")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in (".md", ".yaml", ".yml", ".json", ".toml")
    ),
]
# What Prometheus' client makes of a histogram or counter, and what a process tells of itself.
ENDINGS = ("_bucket", "_sum", "_count")
# A word of this form is a metric; roles, databases and files begin alike.
METRIC = re.compile(
    r"\boutage_[a-z0-9_]+_(?:total|seconds|records|partitions|messages|events|info|up|version|ok|tokens|outages|customers|stopped"
    r"|seconds_bucket|seconds_sum|seconds_count)\b"
)


def _metric_calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call that declares a metric, with the full name."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or not node.args:
            continue
        first = node.args[0]
        if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
            continue
        if node.func.id in KINDS and first.value.startswith("outage_"):
            yield first.value, node
        elif node.func.id in KINDS.values():
            yield f"outage_{first.value}", node


def _declared() -> dict[str, tuple[Path, str]]:
    """Metric → the file that declares it and the attribute, or plain name, that holds it."""
    found: dict[str, tuple[Path, str]] = {}
    for path in CODE:
        text = path.read_text(encoding="utf-8")
        if not A_KIND.search(text):
            continue  # every worker of a run comes by here while it collects, and to read a file's syntax is dear
        tree = ast.parse(text)
        calls = {id(call): name for name, call in _metric_calls(tree)}
        for node in ast.walk(tree) if calls else ():
            targets: list[ast.expr] = []
            if isinstance(node, ast.Assign):
                targets, value = node.targets, node.value
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                targets, value = [node.target], node.value
            else:
                continue
            for inner in ast.walk(value):
                if id(inner) in calls:
                    found[calls[id(inner)]] = (path, ast.unparse(targets[0]).split(".")[-1].split("[")[0])
    return found


DECLARED = _declared()


def _fed(tree: ast.AST) -> set[str]:
    """Attributes and names on which a feeding method is called, also behind `.labels(…)`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FEEDS:
            held: ast.expr = node.func.value
            while isinstance(held, ast.Call):
                held = held.func.value if isinstance(held.func, ast.Attribute) else held.func
            found.add(ast.unparse(held).split(".")[-1].split("[")[0])
    return found


@functools.cache
def _fed_somewhere() -> frozenset[str]:
    return frozenset().union(*(_fed(ast.parse(one.read_text(encoding="utf-8"))) for one in CODE))


def test_the_search_finds_the_metrics_there_are() -> None:
    assert {"outage_consumer_lag_records", "outage_gateway_webhooks_total", "outage_fanout_chunks_total"} <= set(
        DECLARED
    )
    assert len(DECLARED) >= 30


@pytest.mark.parametrize("metric", sorted(DECLARED))
def test_every_metric_is_fed(metric: str) -> None:
    path, holder = DECLARED[metric]
    if metric == "outage_build_info":
        assert "build.labels" in path.read_text(encoding="utf-8")
        return
    assert holder in _fed_somewhere() or holder == "_gauges", (
        f"{metric} ({path.name}: {holder}) is declared and never set"
    )


def test_every_word_that_feeds_a_metric_of_the_kernel_is_said_by_somebody() -> None:
    tree = ast.parse(TELEMETRY.read_text(encoding="utf-8"))
    (made,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Telemetry"]
    words = {node.name for node in made.body if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")}
    said = set()
    for path in CODE:
        if path == TELEMETRY:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                holder = ast.unparse(node.func.value).split(".")[-1].lower()
                if "telemetry" in holder:
                    said.add(node.func.attr)
    assert words - said == set(), "declared and called by nobody"


@pytest.mark.parametrize(
    "path",
    PAGES,
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_every_metric_that_a_page_or_manifest_names_exists(path: Path) -> None:
    named = set(METRIC.findall(path.read_text(encoding="utf-8")))
    bare = {next((name.removesuffix(end) for end in ENDINGS if name.endswith(end)), name) for name in named}
    assert bare - set(DECLARED) == set()


def test_the_page_of_metrics_names_every_one() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in sorted(DECLARED) if f"`{name}`" not in text] == []
