"""Judge a finished run: the product's own audit, and the texts held against the facts that Kafka had."""

import asyncio
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg

from devstack.system import PARTITIONS, SERVICES
from devstack.twilio.kept.phones import Received
from operations.audit.fanout import audit_fanout
from operations.audit.intake import audit_intake
from operations.audit.log import audit_log
from operations.audit.operators import audit_operators
from operations.audit.projection import audit_figures, audit_projections
from operations.audit.published import audit_outbox, audit_topic
from operations.audit.report import Report
from operations.audit.sending import audit_sending
from operations.audit.tasks import audit_tasks
from operations.fulfilment.audit import audit_months
from operations.system.services import outputs_of
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import OutageWithdrawn, SupplyPerhapsRestored
from schemas.contracts.notices import Notice, NoticeWithdrawn
from services.kernel.reading.projector import LONGEST_WAIT, read_models
from tests.chaos.truth import KnownFact, Posted, doubled, last_words, number_of, registered, stale, touches
from tests.sim.city.second_provider import ANSWERED
from tests.sim.city.stage import Lost, Stage
from tests.sim.city.visitor import LOOK_SECONDS, Outside
from tests.sim.judging import absent, begun, named, unsaid
from tests.sim.judging import texts as sent
from tests.sim.judging.announced import told
from tests.sim.judging.figures.counted import miscounted_outages, never_were
from tests.sim.judging.nights import woken
from tests.sim.judging.promises import verdicts
from tests.sim.judging.promises.called import noted
from tests.sim.judging.promises.cases import miscounted
from tests.sim.judging.promises.complaints import owed_answers
from tests.sim.judging.promises.noticed import owed_by_notices
from tests.sim.judging.promises.notices import READ, false_notices
from tests.sim.judging.promises.owed import Owed, owed
from tests.sim.judging.promises.ruled import misruled
from tests.sim.judging.promises.to_customers import READ as READ_TEXTS
from tests.sim.judging.promises.to_customers import is_to_customer, judge_words
from tests.sim.judging.replay import other_than_live
from tests.sim.judging.sending import silences
from tests.sim.judging.sending.asking import asked_in_vain, sent_words
from tests.sim.judging.sending.heard import misheard
from tests.sim.judging.sending.stopped import Denied, unanswered
from tests.sim.judging.storms import Storm, whole
from tests.sim.judging.words import Told
from tests.sim.judging.words import promises as published
from tests.sim.judging.words import words as spoken

OVERDUE = (
    "select name, stream_id, due_at from timer join stream using (stream_id) where parked_by is null and due_at <= $1"
)

UNREACHED = """
select distinct u.data ->> 'customerId' as customer
from event u join event r on r.type = 'message.requested.v1' and r.data ->> 'customerId' = u.data ->> 'customerId'
where u.type = 'contact.unreached.v1' and r.data ->> 'messageId' = any($1)
union
select n.customer_id
from notification n join event r on r.type = 'message.requested.v1' and r.data ->> 'customerId' = n.customer_id
where n.state = 'ready' and r.data ->> 'messageId' = any($1)
"""

CALLED = """
select n.customer_id as customer from notification n join large_send s on s.mrid = any(n.mrids) where s.state <> 'approved'
union
select customer_id from customer_cause where kind in ('handset-full', 'takes-no-texts')
"""
SENDS = "select mrid from large_send"
DENIED = """
select data ->> 'customerId' as customer, data ->> 'mRID' as mrid, decided_at from event where type = 'supply.denied.v1'
"""

LOWERED = """
select d.data ->> 'messageId' as text, a.stream_id
from event d join event a on a.stream_id = d.stream_id and a.version > d.version and a.type = 'message.accepted.v1'
  and a.data ->> 'messageId' = d.data ->> 'messageId'
where d.type = 'message.delivered.v1'
"""

# Of a topic that was made anew, what was read before is kept under its former name (outage.dispatch@1).
TAKEN = "select count(*) from inbox where split_part(topic, '@', 1) = 'outage.dispatch'"


async def audit(stage: Stage, phones: Iterable[Received] | None) -> list[str]:
    """What is not as the log says it must be."""
    city, report = stage.city, Report()
    now = city.clock.now()
    for name in SERVICES:
        connection, service = city.logs[name], city.system.service_of(name)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await audit_log(connection, service, report)
            await audit_projections(connection, name, read_models(service), report)
            await audit_intake(connection, name, report)
            await audit_operators(connection, name, report)
            await audit_outbox(connection, name, report)
            if name == "restorer":
                await audit_months(connection, report)
            await audit_tasks(connection, name, city.clock.now, report, None, running=True)
            if name == "restorer":
                await audit_figures(connection, report)
            if name == "notifier":
                await audit_fanout(connection, report)
                await audit_sending(connection, now, report, phones)
        for output in outputs_of(name):
            await audit_topic(connection, connection, city.reader, name, output, PARTITIONS, report)
    found = {
        f"audit: {check.service} {check.claim}": [fault for fault in check.faults if not _forgotten(fault, stage.lost)]
        for check in report.checks
    }
    return [f"{claim}: {faults[:2]}" for claim, faults in found.items() if faults]


def _forgotten(fault: str, lost: Lost | None) -> bool:
    """Whether it is about what was published or sent in the time that a restored database has lost."""
    if lost is None:
        return False
    event, text = (
        re.match(r"(\S+) is on outage\.", fault),
        re.search(r"\(text (\S+)\) is on a phone but not known", fault),
    )
    return (event is not None and UUID(event[1]) in lost.events) or (text is not None and text[1] in lost.texts)


async def tables(stage: Stage) -> list[str]:
    """Whether all was taken, nothing valid stands aside, no deadline is forgotten, and no receipt took a text back."""
    city, wrong = stage.city, list[str]()
    for name, connection in city.logs.items():
        rows = await connection.fetch("select key, reason, detail from quarantine where state = 'open'")
        aside = {(row["key"], row["reason"]): row["detail"][:200] for row in rows}
        # What fails at a deadline has no key.
        valid = sorted(aside.keys() - stage.refused, key=repr)
        wrong += [f"{name} set something valid aside: {key!r} {why} {aside[key, why]}" for key, why in valid]
        wrong += [f"{name} did not set aside {key!r} as {why}" for key, why in sorted(stage.refused - aside.keys())]
        late = await connection.fetch(OVERDUE, city.clock.now())
        wrong += [f"{name} forgot {row['name']} of {row['stream_id']}, due {row['due_at']:%d %H:%M:%S}" for row in late]
        wrong += await _read_models(connection, name, city)
    lowered = await city.logs["notifier"].fetch(LOWERED)
    wrong += [f"{row['stream_id']} calls text {row['text']} accepted after it was delivered" for row in lowered]
    if stage.lost is None:  # of texts that a restored database has lost, the restorer has heard
        wrong += await misheard(city.logs["restorer"], city.logs["notifier"])
    wrong += await miscounted_outages(city.logs["restorer"], never_were(one.fact for one in stage.known))
    wrong += silences.called(await city.logs["restorer"].fetch(silences.CALLED))
    found = await city.logs["restorer"].fetchval(TAKEN)
    if found != len(stage.taken):
        wrong.append(f"the restorer took {found} of {len(stage.taken)} facts")
    return wrong


async def _read_models(connection: asyncpg.Connection, name: str, city: Outside) -> list[str]:
    """What is wrong with those of a service once they have read up: after a failure they rest for LONGEST_WAIT at most."""
    models = read_models(city.system.service_of(name))
    until = city.clock.monotonic() + 2 * LONGEST_WAIT
    while wrong := await other_than_live(connection, name, models):
        if city.clock.monotonic() > until:
            break
        await asyncio.sleep(LOOK_SECONDS)
    return wrong


async def words(known: Sequence[KnownFact], texts: Sequence[Posted], failed: Iterable[str], city: Outside) -> list[str]:
    """What was said and was not so. `failed`: texts that the provider refused or did not deliver.

    Where one did and a person is therefore to call, it is not known what that one says; where it is tried again in a while,
    it is not said yet. The same of whom a telephone has no room for, who wants no texts, and whose texts wait for a person; and
    of who says that power is not back, until dispatch answers.
    """
    log = city.logs["notifier"]
    called = {number_of(row["customer"]) for row in await log.fetch(UNREACHED, sorted(failed))}
    called |= {number_of(row["customer"]) for row in await log.fetch(CALLED)}
    denied = [Denied(number_of(row["customer"]), row["mrid"], row["decided_at"]) for row in await log.fetch(DENIED)]
    called |= unanswered(known, denied, city.clock.now())
    wrong = [
        f"stale: {text.trigger} to customer {text.customer} at {text.at:%H:%M:%S}"
        for text in texts
        if stale(known, text) and not _by_their_own_word(city, text.customer, text.claim, text.at)
    ]
    wrong += [*named.untrue(known, texts), *named.unsaid(known, texts, called), *begun.denied(known, texts)]
    return [*wrong, *doubled(texts), *last_words(known, texts, city.clock.now(), called)]


def _by_their_own_word(city: Outside, customer: int, claim: str | None, at: datetime) -> bool:
    """Whether somebody is told that power is off who says so themselves: dispatch may know better, and has yet to say so."""
    return claim in ("dark", "partly") and any(who == customer and said <= at for who, said in city.denied)


async def promises(stage: Stage, texts: Sequence[Posted], storms: Sequence[Storm]) -> list[str]:
    """Verdicts that are not what the facts say, missing, untimely, never warned of, or by rules that were not in force."""
    city, rules = stage.city, stage.system.rules
    facts: list[Any] = [*(one.fact for one in stage.known), *await noted(city.logs["restorer"])]
    now = city.clock.now()

    def sure(service: str, at: datetime) -> bool:
        return not any(clock.may_have_dated(at) for clock in stage.clocks if clock.service == service)

    def ruled(service: str, said: Sequence[Told], today: tuple[Sequence[Owed], Collection[str]]) -> list[str]:
        through = rules.newest.through.get(service, now)
        # Of what never was nothing is promised, by whatever rules its promises were made before that was known.
        today = today[0], {*today[1], *(fact.mrid for fact in facts if isinstance(fact, OutageWithdrawn))}
        # What the notifier promises moves by the planner's word, once that has come.
        return [
            *misruled(service, said, rules, today, sure, whole(through, storms) if service == "notifier" else through)
        ]

    everything = await published(city.logs["restorer"])
    # What is promised of a month's statement is no fact's to say.
    supply = [one for one in everything if one.made.said.obligation not in ("publish-fulfilment", "answer-complaint")]
    complained = [one for one in everything if one.made.said.obligation == "answer-complaint"]
    under = rules.under(supply)
    supply = verdicts.unmixed(supply, facts)
    asked, beyond = owed(facts, under)
    judged = verdicts.without_past(supply, asked, stage.taken_over)
    wrong = verdicts.judge(*judged, beyond, storms, now, stage.clocks)
    wrong += [*verdicts.hasty(supply, stage.known, under), *ruled("restorer", supply, owed(facts, rules.always))]
    answers = owed_answers(one.fact for one in stage.complaints)
    wrong += verdicts.judge(
        *verdicts.without_past(complained, answers, stage.taken_over), set(), storms, now, stage.clocks
    )
    wrong += verdicts.hasty(complained, stage.complaints, by=owed_answers)
    wrong += ruled("restorer", complained, (answers, ()))
    planned = await spoken(city.logs["planner"], READ)
    wrong += false_notices(planned, now)
    notices = [word for word in planned if isinstance(word.said, Notice | NoticeWithdrawn)]

    def reached(mrid: str, extent: Extent, period: Period, until: datetime) -> datetime | None:
        first = [
            told((text for text in texts if text.customer == customer and mrid in text.mrids), period, until)
            for customer, home in registered(stage.homes, now).items()
            if touches(extent, home)
        ]
        return max((at for at in first if at is not None), default=until) if None not in first else None

    apart = {name: await published(city.logs[name]) for name in ("planner", "notifier")}
    # Of promises that a restored database has lost, the restorer has heard.
    wrong += await miscounted(city.logs["restorer"], {"restorer": everything} | (apart if stage.lost is None else {}))
    to_customers = [one for one in apart["notifier"] if is_to_customer(one)]
    apart["notifier"] = [one for one in apart["notifier"] if not is_to_customer(one)]
    said = [one for each in apart.values() for one in each]
    by_board = "counted_by" in stage.system.needs.get("planner", {})
    read = stage.read if by_board else None
    asked, beyond = owed_by_notices(notices, facts, reached, now, rules.under(said), read)
    today = owed_by_notices(notices, facts, reached, now, rules.always, read)
    wrong += [line for name, mine in apart.items() for line in ruled(name, mine, today)]
    texts_of = await spoken(city.logs["notifier"], READ_TEXTS)
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    whole_log = stage.lost is None
    wrong += judge_words(to_customers, texts_of, storms, now, clocks, whole_log=whole_log, since=stage.taken_over)
    return [*wrong, *verdicts.judge(said, asked, beyond, storms, now, stage.clocks)]


async def sending(stage: Stage, storms: Sequence[Storm]) -> list[str]:
    """Ends that were not proven, texts that the notifier itself knew to be false, and those that came too late."""
    log = stage.city.logs["notifier"]
    asked = await sent.texts(log)
    if stage.lost is not None:
        # Of what was sent in the lost time nobody knows when it was claimed.
        asked = [replace(one, claimed=tuple(at for at in one.claimed if at != stage.lost.back_to)) for one in asked]

    def is_sure(*instants: datetime) -> bool:
        clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
        return not any(clock.may_have_dated(at) for clock in clocks for at in instants)

    asked = [one for one in asked if is_sure(*one.claimed)]
    proofs = [one for one in await sent.proofs(log) if is_sure(one.due, one.at)]
    held = await sent.held(log, stage.meant)
    by_clock = [one for one in await absent.by_clock(log) if is_sure(*one.claimed)]
    sends: dict[str, datetime | None] = {row["mrid"]: None for row in await log.fetch(SENDS)}
    sends |= {one.mrid: one.answered for one in stage.approvals if one.mrid in sends and one.verdict == "approve"}
    return [
        *sent.unproven([*stage.homes, *stage.known], proofs),
        *sent.untrue(held, [one for one in asked if not any(_denied(stage, one, at) for at in one.claimed)]),
        *sent.late(asked, storms, sends),
        *asked_in_vain(await sent_words(log), ANSWERED),
        *(absent.spoken(held, by_clock) if stage.lost is None else ()),
    ]


def _denied(stage: Stage, text: sent.Text, at: datetime) -> bool:
    return _by_their_own_word(stage.city, text.customer, text.says, at)


def nights(stage: Stage, texts: Sequence[Posted]) -> list[str]:
    """Who was woken for later work."""
    clocks = [clock for clock in stage.clocks if clock.service == "notifier"]
    return [*woken(texts, lambda at: not any(clock.may_have_dated(at) for clock in clocks))]


async def absences(stage: Stage, storms: Sequence[Storm]) -> list[str]:
    """Outages that their list lacked for too long, and nobody was asked; and who was asked for nothing."""
    if stage.lost is not None:
        return []
    asked = await absent.questions(stage.city.logs["restorer"])
    clocks = [clock for clock in stage.clocks if clock.service == "restorer"]
    sure = [one for one in asked if not any(clock.may_have_dated(one.asked) for clock in clocks)]
    doubtful = {(one.mrid, one.given) for one in asked} - {(one.mrid, one.given) for one in sure}
    known = [
        one
        for one in stage.known
        if not isinstance(one.fact, SupplyPerhapsRestored) or (one.fact.mrid, one.fact.missing_at) not in doubtful
    ]
    back = await unsaid.asked_back(stage.city.logs["restorer"])
    back = [one for one in back if not any(clock.may_have_dated(one.asked) for clock in clocks)]
    return [*absent.unasked(known, sure, stage.city.clock.now(), storms), *unsaid.asked_wrongly(stage.known, back)]
