"""Faults of the sender: posted twice, posted blindly, never looked for again."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

from services.notifier.domain.provider.port import SendOutcome, SendRequest, Unknown
from services.notifier.domain.provider.scheduling import Gone
from services.notifier.sending import handsets, sender
from services.notifier.sending.gates.caught_up import CaughtUpGate
from services.notifier.sending.gates.owner import OwnerLock
from services.notifier.sending.recorder import SQL, Recorder
from services.notifier.sending.resolver import LookupPace, Resolver
from services.notifier.sending.scheduling.waiting import WaitingTexts
from services.notifier.sending.second_look import SecondLook
from services.notifier.sending.sender import Sender
from services.notifier.tables import notifications
from tests.sim.mutants import stories, texting, worlds
from tests.sim.mutants.registry import mutant, other_sql


@mutant()
def retry_on_unknown() -> Iterator[None]:
    """A text whose answer was lost is sent again at once: a customer gets it twice."""
    post = Sender._post

    async def again(self: Sender, request: SendRequest) -> SendOutcome:
        outcome = await post(self, request)
        return await post(self, request) if isinstance(outcome, Unknown) else outcome

    with patch.object(Sender, "_post", again):
        yield


@mutant()
def claim_without_intent() -> Iterator[None]:
    """A text is posted and nothing says that it was to be: once its sender died, nobody knows what to look for."""
    nowhere = (
        "select w.message_id, null::text as number_ref from unnest($1::text[], $2::int[]) as w(message_id, n) "
        "where ($3::text, $4::bigint, $5::timestamptz, $6::timestamptz, $7::text[], $8::timestamptz, $9::timestamptz, "
        "$10::bigint, $11::double precision) is not null"
    )
    with patch.dict(SQL, {"intend": nowhere}):
        yield


@mutant(under=worlds.provider_says_little)
def quiet_time_left_out() -> Iterator[None]:
    """What the provider's list does not show yet is taken for never created: a customer gets a text twice."""
    of = LookupPace.of

    def hasty(every_seconds: float, quiet_seconds: float) -> LookupPace:
        pace = of(every_seconds, quiet_seconds)
        return LookupPace(pace.every, timedelta(seconds=-1), pace.silent, pace.again)  # over at the first look

    with patch.object(LookupPace, "of", hasty):
        yield


@mutant(under=stories.the_notifier_dies_while_texts_wait)
def restart_forgets_claims() -> Iterator[None]:
    """Texts whose sender died are not looked for: nobody is told of what they were to say."""

    async def nothing(self: Resolver) -> None:
        del self

    with patch.object(Resolver, "lapse", nothing):
        yield


@mutant(under=stories.kafka_is_cut_off_while_texts_wait)
def sender_ungated_after_a_pause() -> Iterator[None]:
    """Texts go out though what came meanwhile is unread: power is said to be off where it has long been back."""

    def always(self: CaughtUpGate, claimed_at: float) -> bool:
        del self, claimed_at
        return True

    with patch.object(CaughtUpGate, "is_open", new=True), patch.object(CaughtUpGate, "allows", always):
        yield


@mutant(under=stories.the_notifier_stands_still)
def posts_without_a_last_look() -> Iterator[None]:
    """A claim is posted however old it is, whoever owns it by now: it says what is no longer so, or says it twice."""
    with patch.object(Sender, "_in_time", lambda *_: None):
        yield


@mutant(under=stories.one_of_two_stands_still)
def sender_without_owner_lock() -> Iterator[None]:
    """A sender posts though its lock is gone and others took its texts over, nor does it look again after a pause: a customer
    gets a text twice.
    """  # noqa: D205 - one sentence

    def unmoved(self: OwnerLock, ended: Any) -> None:
        del self
        ended.set()

    with (
        patch.object(OwnerLock, "stands", lambda _: True),
        patch.object(OwnerLock, "_let_go", unmoved),
        patch.object(CaughtUpGate, "allows", lambda *_: True),
    ):
        yield


@mutant()
def text_not_withdrawn_when_overtaken() -> Iterator[None]:
    """A text that was taken back stays in the queue: a customer reads what had been known to be false."""
    withdraw = notifications._withdraw

    async def kept(connection: Any, message_id: str, event: Any, at: Any) -> None:
        if event != "suppress":
            await withdraw(connection, message_id, event, at)

    with patch.object(notifications, "_withdraw", kept):
        yield


@mutant(under=stories.words_come_late_while_texts_wait)
def word_released_before_it_is_heard() -> Iterator[None]:
    """A text that says off goes out while the word that ends it is on its way: off and back on come in one breath."""
    with other_sql(SQL, "claim", "trigger = any($10::text[])", "false and trigger = any($10::text[])"):
        yield


@mutant(under=stories.all_is_off_again_while_ends_wait)
def back_is_said_while_off_again_is_on_its_way() -> Iterator[None]:
    """A text that power is back goes out though the log says that it is off again, and the word of that is on its way."""
    with other_sql(SQL, "claim", "trigger <> all($10::text[])", "false and trigger <> all($10::text[])"):
        yield


@mutant(under=worlds.a_database_goes_back)
def restored_sender_posts_at_once() -> Iterator[None]:
    """Texts that a restored database does not know to be sent are not looked up: customers get them twice."""

    async def never(*_: object) -> bool:
        return False

    with patch.object(Recorder, "perhaps_sent", never):
        yield


@mutant(under=texting.sends_wait_for_a_person)
def nobody_is_asked_for_approval() -> Iterator[None]:
    """Texts of a send to more people than may be told unasked go at once: a slip on the map is read by thousands."""
    with other_sql(
        notifications.SQL,
        "request",
        "and exists (select from large_send",
        "and false and exists (select from large_send",
    ):
        yield


@mutant(under=texting.answers_are_lost_and_lists_are_late)
def extra_messages_are_let_go() -> Iterator[None]:
    """What lost answers left with the provider is not taken back before its time: a customer gets a notice twice."""

    async def nothing(*_: object) -> None:
        return None

    async def too_late(*_: object) -> Gone:
        return Gone()

    with patch.object(WaitingTexts, "_extra", nothing), patch.object(SecondLook, "_take_back", too_late):
        yield


@mutant(under=texting.customers_say_stop)
def stop_is_not_looked_for_at_the_post() -> Iterator[None]:
    """Whether a number said STOP is not asked once more before a text goes: who wants no texts gets one."""

    async def never(*_: object) -> bool:
        return False

    with patch.object(sender, "is_opted_out", never):
        yield


@mutant(under=texting.several_have_one_telephone)
def texts_of_an_hour_are_not_counted() -> Iterator[None]:
    """A telephone gets whatever is ready for it: thirty texts in an hour, of which nobody reads the last."""
    with other_sql(handsets.SQL, "went", "claimed_at > $2", "false and claimed_at > $2"):
        yield
