"""`outagectl token`: make a token for a system that sends events over HTTP, and list those a file holds."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from operations.errors import Misused, NotFound, Refused
from operations.system.location import DEFAULT_FOLDER
from operations.times import count
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console, table

if TYPE_CHECKING:
    from services.gateway.dispatch.tokens import Token

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Tokens of systems that send events over HTTP.")

LOCAL_FILE = "gateway-tokens.toml"

File = Annotated[
    Path | None,
    typer.Option("--file", help="The gateway's token file (default OUTAGE_GATEWAY_TOKENS, then the local stack's)."),
]


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(help="The system, e.g. scada-east.")],
    *,
    source: Annotated[list[str], typer.Option(help="A source it may speak for: exact, /prefix/*, or *. Repeat it.")],
    type_: Annotated[list[str], typer.Option("--type", help="A type it may say, or *. Repeat it.")],
    rate: Annotated[float | None, typer.Option(help="Events a second (default: the gateway's).")] = None,
    into: Annotated[Path | None, typer.Option(help="Also add the entry to this token file.")] = None,
    json: Json = False,
) -> None:
    """Make a token, print it once, and print the entry for the gateway's token file. The token is kept nowhere."""
    from services.gateway.dispatch import tokens  # noqa: PLC0415 - loaded with the command, not with its help

    secret = tokens.make()
    entry = tokens.entry(tokens.Token(name, tokens.digest_of(secret), tuple(source), frozenset(type_), rate))
    try:
        tokens.parse(entry)
        if into is not None:
            _add(into, entry)
    except tokens.TokenFileError as error:
        raise Misused(_without_line(str(error))) from None
    if json:
        as_json({"name": name, "token": secret, "entry": entry})
        return
    out = console()
    out.print("The token, shown this once; give it to the system:\n")
    out.print(f"  {secret}\n", markup=False, soft_wrap=True)
    if into is None:
        out.print("The entry for the gateway's token file (OUTAGE_GATEWAY_TOKENS):\n")
        out.print(entry, markup=False, soft_wrap=True)
    else:
        out.print(f"Its entry stands in {escape(str(into))}; a gateway that uses this file knows it in a second.")


@app.command("list")
def list_(*, file: File = None, json: Json = False, data: Data = None) -> None:
    """List the systems of a token file and what each may say. Exits 1 where the gateway would refuse the file."""
    path = _file(file, data)
    found = _read(path)
    if json:
        as_json([_row(token) for token in found])
        return
    rows = [
        (t.name, ", ".join(t.sources), ", ".join(sorted(t.types)), "default" if t.rate is None else f"{t.rate:g}/s")
        for t in found
    ]
    out = console()
    out.print(table(None, ("system", "sources", "types", "rate"), rows))
    out.print(f"{count(len(found), 'system')} in {escape(str(path))}")


def _row(token: Token) -> dict[str, object]:
    return {"name": token.name, "sources": token.sources, "types": sorted(token.types), "rate": token.rate}


def _file(file: Path | None, data: Path | None) -> Path:
    if file is not None:
        return file
    named = os.environ.get("OUTAGE_GATEWAY_TOKENS")
    return Path(named) if named and data is None else (data or DEFAULT_FOLDER) / LOCAL_FILE


def _read(path: Path) -> tuple[Token, ...]:
    from services.gateway.dispatch import tokens  # noqa: PLC0415 - loaded with the command, not with its help

    try:
        return tokens.parse(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(f"there is no token file {path}: name one with --file or OUTAGE_GATEWAY_TOKENS") from None
    except OSError as error:
        raise Refused(f"{path} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tokens.TokenFileError) as error:
        raise Refused(f"{path}: {error}") from None


def _add(path: Path, entry: str) -> None:
    """Add an entry, all or nothing: a gateway may read the file at any moment.

    Raises:
        services.gateway.dispatch.tokens.TokenFileError: with it, the file would be wrong, e.g. the name stands there already.

    """
    from services.gateway.dispatch import tokens  # noqa: PLC0415 - loaded with the command, not with its help

    try:
        before = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        before = ""
    except (OSError, UnicodeDecodeError) as error:
        raise Refused(f"{path} cannot be read: {error}") from None
    text = "\n".join(part for part in (before, entry) if part)
    tokens.parse(text)
    fresh = path.with_name(path.name + ".new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise Refused(f"{path} cannot be written: {error.strerror}") from None


def _without_line(problem: str) -> str:
    """The lines of an entry that was only just made say nothing to whoever asked for it."""
    head, colon, rest = problem.partition(": ")
    return rest if colon and head.startswith("line ") else problem
