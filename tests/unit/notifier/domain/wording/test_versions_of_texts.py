"""A text that says something else has another version: what a customer was sent can be told from what is said today."""

import json
from hashlib import sha256
from pathlib import Path

from services.notifier.domain.wording.templates import books

KNOWN = Path(__file__).parent / "texts.json"


def test_a_changed_text_has_a_version_of_its_own() -> None:
    """texts.json beside this file has the digest of every text by language, name and version; a new one is added to it."""
    now = {
        f"{language}/{name} {version}": sha256(text.encode()).hexdigest()[:16]
        for language, book in books().items()
        for name, (version, text) in book.texts.items()
    }
    known: dict[str, str] = json.loads(KNOWN.read_text(encoding="utf-8"))
    changed = sorted(name for name in now.keys() & known.keys() if now[name] != known[name])
    assert changed == [], "raise the version of these texts"
    assert {name: now[name] for name in sorted(now.keys() - known.keys())} == {}, f"add these to {KNOWN.name}"
