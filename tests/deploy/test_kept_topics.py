"""A topic that has what is personal ends as the logs do, or says why it does not."""

from deploy.verify.contract import KEPT_AS_TEXTS
from schemas.contracts import customers, dispatch
from schemas.contracts.all_types import REGISTRY
from tests.kits.forgetting.personal import personal_fields

READ_FROM_THE_FIRST_RECORD = {dispatch.TOPIC}
"""By new and restored services: docs/privacy.md says so."""
LAST_WORD_ONLY = {customers.TOPIC}
"""Compacted: of a customer the last word, which an erasure takes the place of."""


def test_every_topic_with_what_is_personal_ends_but_for_those_that_are_named() -> None:
    found = {topic for one in REGISTRY.values() if personal_fields(one.struct, {}) for topic in one.topics}
    assert found == KEPT_AS_TEXTS | READ_FROM_THE_FIRST_RECORD | LAST_WORD_ONLY
