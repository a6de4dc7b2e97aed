"""A public class of the product is found by its name: no two have the same."""

import ast
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
PRODUCT = ("connectors", "demo", "devstack", "operations", "outagectl", "schemas", "services")


def test_no_two_public_classes_of_the_product_have_one_name() -> None:
    names = Counter(
        node.name
        for folder in PRODUCT
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert len(names) > len(PRODUCT), "classes were looked at"
    assert {name for name, count in names.items() if count > 1} == set()
