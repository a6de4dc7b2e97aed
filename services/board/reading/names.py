"""Name places for the public: a line or transformer that serves one customer alone by its public name, never by its own. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from services.board.domain.public import PublicPlaces
from services.places import cleaned, distinct, forms

KINDS: Final = ("lines", "transformers", "areas")
OBLIGED: Final = frozenset({"planned", "temporary"})
"""Work of which a notice must name the lines as they are (第2篇 第十条(二)10). An outage need not, whatever it is."""


class SaidPlaces(Struct, frozen=True):
    """Where, as the services have it."""

    lines: tuple[str, ...] | None = None
    areas: tuple[str, ...] | None = None
    transformers: tuple[str, ...] | None = None

    def named(self, kind: str) -> tuple[str, ...]:
        """The names of one kind; none where nothing is said of it."""
        found: tuple[str, ...] | None = getattr(self, kind)
        return found or ()


NOWHERE: Final = SaidPlaces()


class NamedElement(Struct, frozen=True, kw_only=True):
    """What the network model says of an element that goes by a name."""

    dedicated: bool = False
    public_name: str | None = None
    nominal_voltage: float | None = None
    areas: tuple[str, ...] = ()


class Nameless(Struct, frozen=True, kw_only=True):
    """What is said of an element that serves one customer alone and has no public name; {} is its voltage in kilovolts."""

    line: str = "{}千伏专用线路"
    line_of_unknown: str = "专用线路"
    transformer: str = "{}千伏专用变压器"
    transformer_of_unknown: str = "专用变压器"

    def of(self, kind: str, volts: float | None) -> str:
        """The words for one."""
        known, unknown = (
            (self.line, self.line_of_unknown) if kind == "lines" else (self.transformer, self.transformer_of_unknown)
        )
        return unknown if volts is None else known.format(f"{volts:g}")


Place = tuple[str, str]
"""The list of an extent, and the normal form of a name in it."""


def places_named(said: Iterable[SaidPlaces]) -> set[Place]:
    """What has to be asked of the network model to name these."""
    return {(kind, form) for one in said for kind in KINDS for form in forms(one.named(kind)) if form}


class PublicNames:
    """Which name the public reads, by what the network model says; a name that it does not have is shown as it is written."""

    def __init__(self, elements: Mapping[Place, tuple[NamedElement, ...]], nameless: Nameless) -> None:
        self._elements, self._nameless = elements, nameless

    def places(self, said: SaidPlaces, *, as_written: bool = False, bare: bool = False) -> PublicPlaces:
        """Where, for the public. `as_written`: lines and transformers are named as they are; `bare`: not at all."""
        shown = {
            kind: () if bare and kind != "areas" else distinct(self._shown(said, kind, as_written=as_written))
            for kind in KINDS
        }
        return PublicPlaces(**shown, districts=self._districts(said) or shown["areas"])

    def in_text(self, text: str, said: SaidPlaces) -> str:
        """A text with the public names of the lines and transformers of `said` in the place of their own, the longest first."""
        named = [(cleaned(name), self.name(kind, name)) for kind in KINDS for name in said.named(kind)]
        for own, public in sorted(set(named), key=lambda pair: -len(pair[0])):
            if own and own != public:
                text = text.replace(own, public)
        return text

    def name(self, kind: str, written: str) -> str:
        """What the public reads of one name."""
        (form,) = forms((written,))
        return self._name(kind, form, written)

    def _shown(self, said: SaidPlaces, kind: str, *, as_written: bool) -> Iterator[str]:
        written = said.named(kind)
        for form, name in zip(forms(written), written, strict=True):
            if form:
                yield cleaned(name) if as_written else self._name(kind, form, name)

    def _name(self, kind: str, form: str, written: str) -> str:
        found = self._elements.get((kind, form), ())
        public = {one.public_name for one in found}
        # Of two elements of one name that are shown otherwise nobody can say which is meant.
        only = public.pop() if len(public) == 1 else None
        if any(one.dedicated for one in found):
            volts = {one.nominal_voltage for one in found}
            return cleaned(only or "") or self._nameless.of(kind, volts.pop() if len(volts) == 1 else None)
        return cleaned(only or "") or cleaned(written)

    def _districts(self, said: SaidPlaces) -> tuple[str, ...]:
        """The areas in which the areas lie; else those in which what is named does."""
        for kinds in (("areas",), ("transformers", "lines")):
            found = [
                cleaned(area)
                for kind in kinds
                for form in forms(said.named(kind))
                for one in self._elements.get((kind, form), ())
                for area in one.areas
            ]
            if found:
                return distinct(found)
        return ()
