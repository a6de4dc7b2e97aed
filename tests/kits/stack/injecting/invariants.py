"""What must be so of all texts whatever was broken: five statements, looked at in one place.

1. A text has one message at the provider, or it was seen that it has two.
2. A text has come to its end, is with the provider, or is still of use.
3. A POST is one attempt's, and an attempt that was answered has its POST.
4. A text moves as the table of its states says, and not otherwise.
5. Attempts ended as the provider answered them, so the one sum is the other.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import asyncpg
import msgspec

from devstack.twilio.kept.messages import MessageStore, Post
from services.notifier.domain.text_states import FINAL, ROW

WITH_PROVIDER: Final = frozenset({"accepted", "sent"})
MOVES: Final = frozenset((was, then) for (was, _), then in ROW.items())
FREED: Final = frozenset(was for (was, event), then in ROW.items() if then == "ready")
ENDS_OF_UNWANTED: Final = frozenset({"suppressed", "expired"})
OPEN: Final = frozenset({"in-flight", "unknown"})
VANISHED: Final = frozenset({"hang", "drop", "5xx"})
"""What the simulator did not make, and gave no answer to from which that would follow."""

WATCH = """
create table text_move (id bigint generated always as identity, message_id text, was text, became text);
create function note_text_move() returns trigger language plpgsql security definer as $$
begin
  insert into {schema}.text_move (message_id, was, became) values (new.message_id, old.state, new.state);
  return null;
end
$$;
create trigger note_text_move after update on notification
  for each row when (old.state is distinct from new.state) execute function note_text_move();
"""
"""Has the database write down each move of a text, whoever makes it."""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Texts, attempts and moves as the database has them; POSTs and messages (id and whose text) as the provider has."""

    texts: Mapping[str, tuple[str, datetime]]
    """State and last useful moment of each."""
    attempts: Mapping[tuple[str, int], tuple[str, int | None]]
    """Outcome and HTTP status of each."""
    doubled: frozenset[str] = frozenset()
    moves: Sequence[tuple[str, str, str]] = ()
    posts: Sequence[Post] = ()
    made: Sequence[tuple[str, str | None]] = ()
    now: datetime = field(kw_only=True)


def broken(seen: Seen) -> list[str]:
    """What is not so, each in a sentence; nothing where all is well."""
    return [*_one_message(seen), *_at_an_end(seen), *_one_post(seen), *_moved(seen), *_sums(seen)]


def _one_message(seen: Seen) -> list[str]:
    made: defaultdict[str, set[str]] = defaultdict(set)
    for sid, text in seen.made:
        if text is not None:
            made[text].add(sid)
    twice = [
        f"1: text {text} has {len(sids)} messages at the provider, and nobody saw it"
        for text, sids in made.items()
        if len(sids) > 1 and text not in seen.doubled
    ]
    return twice + [f"1: the provider has a message of text {text}, which is none" for text in made.keys() - seen.texts]


def _at_an_end(seen: Seen) -> list[str]:
    return [
        f"2: text {text} is {state} and was of use until {until}"
        for text, (state, until) in seen.texts.items()
        if state not in FINAL | WITH_PROVIDER and until <= seen.now
    ]


def _one_post(seen: Seen) -> list[str]:
    posts = Counter((post.message_id, post.attempt) for post in seen.posts if post.message_id is not None)
    faults = [f"3: attempt {of} was posted {count} times" for of, count in posts.items() if count > 1]
    faults += [f"3: a POST of attempt {of}, of which there is no row" for of in posts if of not in seen.attempts]
    for of, (outcome, status) in seen.attempts.items():
        if (outcome == "accepted" or status is not None) and of not in posts:
            faults.append(f"3: attempt {of} is {outcome} ({status}) and was never posted")
    return faults


def _moved(seen: Seen) -> list[str]:
    return [
        f"4: text {text} moved from {was} to {then}"
        for text, was, then in seen.moves
        # Of a text that nobody wants any more, freed and ended are one write (migration 0001).
        if (was, then) not in MOVES and not (was in FREED and then in ENDS_OF_UNWANTED)
    ]


def _sums(seen: Seen) -> list[str]:
    faults: list[str] = []
    answered, ended = Counter[str](), Counter[str]()
    for post in seen.posts:
        if post.message_id is None or post.attempt is None:
            continue
        outcome, status = seen.attempts.get((post.message_id, post.attempt), ("none", None))
        if outcome in OPEN:
            continue
        answered[_kind(post)] += 1
        ended[_kind_of(outcome, status)] += 1
        if _kind(post) != _kind_of(outcome, status):
            faults.append(f"5: attempt {post.attempt} of {post.message_id} was answered {post.answer} and is {outcome}")
    return faults if answered == ended else [f"5: {dict(answered)} were answered, {dict(ended)} recorded", *faults]


def _kind(post: Post) -> str:
    if post.answer.startswith("created"):
        return "made"
    return "vanished" if post.answer in VANISHED else "refused"


def _kind_of(outcome: str, status: int | None) -> str:
    if outcome == "accepted":
        return "made"
    return "vanished" if status is None else "refused"


async def watch(connection: Any, schema: str = "notifier") -> None:
    """Have the moves of texts written down from now on, on a connection of an administrator's that sees the schema."""
    await connection.execute(WATCH.format(schema=schema))


async def look(connection: Any, posts: Sequence[Post], made: Sequence[tuple[str, str | None]], now: datetime) -> Seen:
    """Everything there is, at this moment."""
    texts = await connection.fetch("select message_id, state, expires_at from notification")
    attempts = await connection.fetch("select message_id, n, outcome, http_status from attempt")
    doubled = await connection.fetch("select data from event where type = 'text.doubled.v1'")
    moves = await connection.fetch("select message_id, was, became from text_move order by id")
    return Seen(
        texts={row["message_id"]: (row["state"], row["expires_at"]) for row in texts},
        attempts={(row["message_id"], row["n"]): (row["outcome"], row["http_status"]) for row in attempts},
        doubled=frozenset(_text_of(row) for row in doubled),
        moves=[tuple(row) for row in moves],
        posts=posts,
        made=made,
        now=now,
    )


async def hold(pool: asyncpg.Pool, book: MessageStore, now: datetime) -> None:
    """The five statements, of a notifier and a simulator in this process.

    Raises:
        AssertionError: one of them is not so; it says which, and of what text.

    """
    made = [(message.sid, message.message_id) for message in book.all() if message.direction != "inbound"]
    faults = broken(await look(pool, book.posts, made, now))
    assert not faults, "\n".join(faults)


def _text_of(row: Any) -> str:
    found: str = msgspec.json.decode(row["data"])["messageId"]
    return found
