"""Write XML of one namespace by the standard library: elements in the order given, what is None left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from xml.etree.ElementTree import Element, SubElement, indent, tostring

XML: Final = "{http://www.w3.org/XML/1998/namespace}"
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold, escaped or not."""


def root(namespace: str, name: str) -> Element:
    """The outermost element; its namespace is the default one."""
    return Element(name, {"xmlns": namespace})


def add(parent: Element, name: str, text: str | None = None, **attributes: str) -> Element:
    """A child with its text."""
    child = SubElement(parent, name, attributes)
    if text is not None:
        child.text = writable(text)
    return child


def add_all(parent: Element, children: Iterable[tuple[str, str | None]]) -> None:
    """Children with their texts; one without is left out."""
    for name, text in children:
        if text is not None:
            add(parent, name, text)


def with_language(element: Element, language: str) -> Element:
    """The same with xml:lang."""
    element.set(f"{XML}lang", language)
    return element


def written(element: Element) -> bytes:
    """The document in UTF-8, indented."""
    indent(element)
    document: bytes = tostring(element, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def writable(text: str) -> str:
    """`text` without what XML cannot hold."""
    return _UNWRITABLE.sub("", text)
