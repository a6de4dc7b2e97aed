"""An audit holds what is on the phones against the tables, while texts go on being sent."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from operations.audit.report import Check
from operations.audit.run import run_audit
from operations.system.database import Connection, enter
from operations.system.location import Where
from services.notifier.domain.provider.port import SendRequest
from tests.kits.stack.sending import Office
from tests.kits.stack.sending import office as sending_office


@pytest.fixture
async def office(postgres: str, tmp_path: Path) -> AsyncIterator[Office]:
    async with sending_office(postgres, tmp_path) as made:
        yield made


async def phones(office: Office, folder: Path) -> Check:
    report = await run_audit(Where(postgres=office.dsn, twilio_folder=folder), ["notifier"])
    return next(check for check in report.checks if check.name == "phones")


async def sent(office: Office) -> str:
    """A text that is on its phone, by a sender that is at work for it alone."""
    text = await office.text()
    async with office.at_work(office.sender()):
        await office.comes_to(text, "accepted")
    await office.sim.account.delivery.settled()
    return text


async def test_a_text_that_goes_out_while_the_audit_is_under_way_is_no_finding(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(office)

    async def enter_and_look_away(connection: Connection, service: str) -> None:
        await enter(connection, service)  # the first statement of the snapshot
        await sent(office)

    with monkeypatch.context() as patched:
        patched.setattr("operations.audit.run.enter", enter_and_look_away)
        found = await phones(office, tmp_path)
    assert (found.checked, found.faults) == (1, [])
    found = await phones(office, tmp_path)
    assert (found.checked, found.faults) == (2, [])


async def test_what_a_person_needs_to_know_of_a_text_that_nobody_here_knows_is_told(
    office: Office, tmp_path: Path
) -> None:
    text = await sent(office)
    row = await office.row(text)
    behind_our_back = SendRequest(message_id=text, attempt=2, to=office.number(), body=row["body"], valid_seconds=3600)
    await office.provider().send(behind_our_back)
    await office.sim.account.delivery.settled()
    first, second = office.posts()
    (unknown, doubled) = (await phones(office, tmp_path)).faults
    assert unknown.startswith(
        f"provider id {second.sid} (text {text}) is on a phone but not known here; it arrived at "
    )
    assert "by attempt 2; fault to KC-01-duty of customer KC-01, asked for " in unknown
    assert f"is accepted, provider id {first.sid}; attempts to that number: 1: accepted (id {first.sid}) " in unknown
    assert office.number() not in unknown
    assert doubled.startswith(f"text {text} reached its phone 2 times")
