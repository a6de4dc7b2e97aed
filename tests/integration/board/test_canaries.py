"""Whatever private words, ids and numbers the facts of dispatch can hold: none of them is in any byte of what is made public."""

import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta
from itertools import count
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import msgspec
import pytest

from schemas.contracts import dispatch
from schemas.contracts.base import Extent, Period
from schemas.contracts.dispatch import Fact, FieldFact, OutageCorrected, OutageStarted, PlanBody
from schemas.upcast import UPCASTERS
from services.board.domain.counts import is_hidden_right
from services.board.domain.public import Board
from tests.kits.deciders.planner import NOW
from tests.kits.network.copied import brought
from tests.kits.network.models import element, whole
from tests.kits.stack.tables.board import BoardRoom, board_room

CANARY = "zzcanary"
OTHERS = ("into", "plan_mrid")
"""mRIDs of other outages."""
OUTAGES = 10
PUBLIC = {
    *((Extent, kind) for kind in ("lines", "areas", "transformers")),
    (PlanBody, "reason"),
    (OutageStarted, "cause"),
    (OutageCorrected, "cause"),
    (dispatch.CurtailmentOrdered, "scheme_id"),
}
"""What the contracts say is for the public, and names of places; outages are named by mRID. All other text is private."""

TOLD = [kind for name, kind in dispatch.TYPES.items() if issubclass(kind, Fact) and name not in UPCASTERS]
ALONE = element("L9", "line", "ss", name=f"35千伏{CANARY}线", kilovolts=35)
NETWORK = [element("ss", "substation"), msgspec.structs.replace(ALONE, dedicated=True)]


class Making:
    """Random facts, with a canary wherever text is private."""

    def __init__(self, seed: int) -> None:
        self.random, self.numbers = random.Random(seed), count(1)
        self.mrids = [f"M-{n}" for n in range(OUTAGES)]

    def fact(self, kind: type[Fact], mrid: str) -> Fact:
        """One of a kind about an outage; one whose instants contradict each other is drawn again."""
        for _ in range(50):
            with contextlib.suppress(ValueError):
                return self.struct(kind, mrid=mrid)  # type: ignore[no-any-return]
        raise AssertionError(f"no {kind.__name__} comes of it: teach this test what that asks")

    def struct(self, kind: type[Any], **given: Any) -> Any:
        """One struct, most of its fields filled."""
        hints = get_type_hints(kind)
        fields = dict(given)
        if kind is Period:
            start = self.instant()
            return Period(start=start, end=start + timedelta(hours=self.random.randint(1, 9)))
        for one in msgspec.structs.fields(kind):
            required = one.default is msgspec.NODEFAULT and one.default_factory is msgspec.NODEFAULT
            if one.name not in fields and one.name != "shape" and (required or self.random.random() < 0.8):
                fields[one.name] = self.value(hints[one.name], self.is_public(kind, one.name))
        if kind is OutageStarted and not fields.get("confirmed", True):
            fields["cause"] = self.canary()
        return kind(**fields)

    @staticmethod
    def is_public(kind: type, name: str) -> str:
        """What a public field says; "" of a private one."""
        if name in OTHERS:
            return name
        return name if any(issubclass(kind, owner) and name == field for owner, field in PUBLIC) else ""

    def value(self, hint: Any, public: str) -> Any:
        """Something of a type."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin in (Union, UnionType):
            hint = next(one for one in arguments if one is not NoneType)
            return self.value(hint, public)
        if origin is Literal:
            return self.random.choice(arguments)
        if origin is tuple:
            return tuple(self.value(arguments[0], public) for _ in range(self.random.randint(1, 2)))
        if hint is str:
            return self.public(public) if public else self.canary()
        if hint is bool:
            return self.random.random() < 0.5
        if hint is int:
            return self.random.choice([1, 2, 3, 4, 40, 400])
        if hint is float:
            return 10.0
        if hint is datetime:
            return self.instant()
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.struct(hint)
        raise NotImplementedError(f"no value of {hint}: teach this test what a contract can hold")

    def public(self, field: str) -> str:
        """Mostly a place of the city, now and then the line of one customer."""
        if field in OTHERS:
            return self.random.choice(self.mrids)
        if field == "lines" and self.random.random() < 0.3:
            return ALONE.name
        return f"{field}-{self.random.randint(1, 5)}"

    def canary(self) -> str:
        """Never the same twice."""
        return f"{CANARY}-{next(self.numbers)}"

    def instant(self) -> datetime:
        """Within some hours of the clock's."""
        return NOW + timedelta(minutes=self.random.randint(-300, 300))

    def facts(self) -> Iterator[Fact]:
        """One of each kind about each outage, starts twice, in any order."""
        made = [self.fact(kind, mrid) for mrid in self.mrids for kind in (*TOLD, OutageStarted)]
        self.random.shuffle(made)
        yield from made


@pytest.fixture
async def room(postgres: str) -> AsyncIterator[BoardRoom]:
    async with board_room(postgres, NOW) as made:
        yield made


def names_its_line(fact: Fact) -> bool:
    """A plan names the lines that it cuts, whoever they serve: its notice must."""
    return isinstance(fact, PlanBody) and ALONE.name in fact.extent.lines


@pytest.mark.parametrize("seed", [1, 2])
async def test_no_private_word_of_any_fact_is_in_what_is_made_public(room: BoardRoom, seed: int) -> None:
    await brought(room.restorer.pool, *NETWORK, whole(NETWORK))
    making = Making(seed)
    facts = [fact for fact in making.facts() if not names_its_line(fact)]
    assert {type(fact) for fact in facts} == {*TOLD}
    for start in range(0, len(facts), 100):
        some = facts[start : start + 100]
        await room.planner.say_all(*(one for one in some if _for_planner(one)))
        await room.happens(*some)
        room.clock.advance(timedelta(minutes=20))
    await room.follow()
    board = await room.shows()
    assert len(board.outages) > OUTAGES / 2
    assert len({one.status for one in board.outages}) > 1
    assert board.notices
    assert board.points
    no_canary(board)
    assert all(is_hidden_right(one) for one in board.outages)
    assert any(one.count.few for one in board.outages)


def _for_planner(fact: Fact) -> bool:
    return not isinstance(fact, FieldFact) or getattr(fact, "outage_class", "planned") in ("planned", "temporary")


def no_canary(board: Board) -> None:
    """Nowhere; said with what stands around one."""
    shown = msgspec.json.encode(board).decode()
    where = shown.find(CANARY)
    assert where < 0, shown[max(0, where - 200) : where + 60]


async def test_nor_is_one_in_any_row_that_the_board_s_role_is_given_but_names_and_points(room: BoardRoom) -> None:
    making = Making(3)
    await room.happens(*(fact for fact in making.facts()))
    rows = await room.board.fetch("select said::text as said from restorer.board_outage")
    assert len(rows) > OUTAGES / 2
    for row in rows:
        left = row["said"].replace(ALONE.name, "")
        cause = msgspec.json.decode(row["said"])["cause"]
        assert CANARY not in left, (cause, left)
