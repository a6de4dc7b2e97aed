"""`outagectl heads`: sign what the logs hold, once a day, and prove later that it is still there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from operations.errors import Refused
from operations.heads.signing import all_heads, exported_heads, sign_all, verify_all
from operations.system.location import find
from operations.system.services import chosen
from operations.system.signing_key import make_key, need_key, public_keys
from operations.times import count
from outagectl.commands.proof.audit import show_report
from outagectl.terminal.options import Data, Json, Service, Utc
from outagectl.terminal.say import as_json, console, table, times
from services.kernel.proof.heads import Head, SignedHead, read_head

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Signed heads: proof that a log was not rewritten.")
key_app = typer.Typer(no_args_is_help=True, add_completion=False, help="The key that signs heads.")
app.add_typer(key_app, name="key")

Key = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Private key (PEM); else OUTAGE_SIGNING_KEY_FILE.")
]
Public = Annotated[
    list[Path] | None,
    typer.Option(
        "--public", metavar="FILE", help="Trusted public key (PEM); again for older keys. Else the signing key's."
    ),
]


@key_app.command("new")
def new_key(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Make a signing key: FILE is private, FILE.pub is for everybody who verifies."""
    public, name = make_key(file)
    console().print(f"Key {name}: keep {file} secret and safe; give {public} to whoever verifies.")


@app.command("sign")
def sign(
    *,
    key: Key = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Append the new heads to this file, one JSON a line.")
    ] = None,
    service: Service = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Sign each log up to its end. Run it daily, and keep the exported file where the database's keepers cannot write."""
    made = asyncio.run(sign_all(find(data), chosen(service), need_key(key)))
    new = [one for one in made.values() if one is not None]
    if to is not None and new:
        _append(to, new)
    if json:
        as_json([{"head": _shown(read_head(one)), "body": one.body, "signature": one.signature} for one in new])
        return
    out = console()
    for name, one in made.items():
        if one is None:
            out.print(f"{name}: nothing new since the last head")
        else:
            head = read_head(one)
            out.print(f"{name}: head {head.number} over {count(head.count, 'event')}, {head.size:,} of them new")


@app.command("list")
def list_(*, service: Service = None, json: Json = False, utc: Utc = False, data: Data = None) -> None:
    """List the heads that were signed."""
    where = find(data)
    heads = [read_head(one) for one in asyncio.run(all_heads(where, chosen(service)))]
    if json:
        as_json([_shown(head) for head in heads])
        return
    t = times(where, utc=utc)
    columns = ("service", "head", "signed", "events", "new", "up to position", "key", "root")
    rows = [
        (h.service, h.number, t.at(h.at), f"{h.count:,}", f"{h.size:,}", h.position, h.key_id, h.root[:16] + "…")
        for h in heads
    ]
    out = console()
    out.print(table(None, columns, rows))
    out.print(f"\n[dim]{count(len(rows), 'head')}. {t.note}[/]")


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE")], *, service: Service = None, data: Data = None
) -> None:
    """Write all heads to FILE, one JSON a line, as `verify --against` reads them."""
    signed = asyncio.run(all_heads(find(data), chosen(service)))
    try:
        file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in signed))
    except OSError as error:
        raise Refused(f"{file} cannot be written ({error.strerror})") from None
    console().print(f"{count(len(signed), 'head')} written to {file}.")


@app.command("verify")
def verify(
    *,
    public: Public = None,
    against: Annotated[
        Path | None,
        typer.Option("--against", metavar="FILE", help="Heads exported earlier: finds a rewritten database."),
    ] = None,
    service: Service = None,
    json: Json = False,
    data: Data = None,
) -> None:
    """Recompute every head from the log. Exits 1 when the log is not what was signed."""
    keys = public_keys(public or [], own=not public)
    exported = exported_heads(against) if against is not None else None
    report = asyncio.run(verify_all(find(data), chosen(service), keys, exported))
    if json:
        as_json(report.as_json())
    else:
        show_report(report)
    if not report.passed:
        raise typer.Exit(1)


def _append(file: Path, heads: Sequence[SignedHead]) -> None:
    try:
        with file.open("ab") as opened:
            for one in heads:
                opened.write(msgspec.json.encode(one) + b"\n")
    except OSError as error:
        raise Refused(
            f"{file} cannot be written ({error.strerror}); the heads are signed: `outagectl heads export FILE` writes them"
        ) from None


def _shown(head: Head) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(head)
    return built
