"""`outagectl evidence`: one file that proves an outage's story, or a statement, to somebody who has no database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import UNSET
from typer.core import TyperGroup

from operations.errors import NotFound
from operations.evidence.collect import collect, seal
from operations.evidence.form import Bundle, Sealed, read, write
from operations.evidence.of_statement import collect_statement
from operations.evidence.verify import verify_bundle
from operations.heads.signing import sign_all
from operations.system.asking import who
from operations.system.location import find
from operations.system.services import NAMES
from operations.system.signing_key import find_key, need_key, public_keys
from operations.times import count
from outagectl.commands.proof.audit import show_report
from outagectl.terminal.options import Data, Json
from outagectl.terminal.say import as_json, console
from services.kernel.warp import clock_from

Policies = Annotated[
    list[Path] | None, typer.Option("--policies", metavar="DIR", help="Also look here for former regime files.")
]
SignNow = Annotated[
    bool, typer.Option("--sign-now", help="Sign heads first, so that the newest events are anchored too.")
]
Key = Annotated[
    Path | None, typer.Option("--key", metavar="FILE", help="Private key (PEM); else OUTAGE_SIGNING_KEY_FILE.")
]


class MakeByDefault(TyperGroup):
    """`evidence OUTAGE` is `evidence make OUTAGE`: what is no command's name is an outage's."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=MakeByDefault,
    no_args_is_help=True,
    add_completion=False,
    help="One file that proves an outage's story, or a statement.",
)


@app.command("make")
def make(
    mrid: Annotated[str, typer.Argument(metavar="OUTAGE")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default evidence-OUTAGE.json; .gz compresses.")
    ] = None,
    customer: Annotated[
        str | None, typer.Option("--customer", metavar="ID", help="Only this customer's texts, for a complaint.")
    ] = None,
    policies: Policies = None,
    sign_now: SignNow = False,
    key: Key = None,
    data: Data = None,
) -> None:
    """Bundle an outage's events, their proofs, the rules in force and the texts. Verify it with `evidence verify`."""
    where = find(data)
    signer = need_key(key) if sign_now else find_key(key)
    if sign_now and signer is not None:
        asyncio.run(sign_all(where, NAMES, signer))
    now, person = clock_from(where.clock_file).now(), who()
    bundle = asyncio.run(
        collect(where, mrid, customer=customer, folders=policies or [], made_at=now, made_by=person, key=signer)
    )
    if not bundle.events:
        raise NotFound(f"no service knows an outage {mrid}")
    file = out or Path(f"evidence-{mrid}.json".replace(":", "_"))
    write(file, seal(bundle, signer))
    _say_written(file, bundle, signer, count(len(bundle.messages), "text"))


@app.command("statement")
def statement(
    name: Annotated[str, typer.Argument(metavar="STATEMENT", help="As 2026-03/1.")],
    *,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Default evidence-STATEMENT.json; .gz compresses.")
    ] = None,
    policies: Policies = None,
    sign_now: SignNow = False,
    key: Key = None,
    data: Data = None,
) -> None:
    """Bundle a published statement with every case under it. Verified offline, its figures are counted anew from them."""
    where, signer = find(data), need_key(key) if sign_now else find_key(key)
    if sign_now and signer is not None:
        asyncio.run(sign_all(where, NAMES, signer))
    now, person = clock_from(where.clock_file).now(), who()
    bundle = asyncio.run(
        collect_statement(where, name, folders=policies or [], made_at=now, made_by=person, key=signer)
    )
    file = out or Path(f"evidence-{name}.json".replace("/", "-"))
    write(file, seal(bundle, signer))
    _say_written(file, bundle, signer, "" if bundle.statement is UNSET else count(len(bundle.statement.lines), "case"))


def _say_written(file: Path, bundle: Bundle, signer: Ed25519PrivateKey | None, what: str) -> None:
    loose = sum(event.proof is None for event in bundle.events)
    console().print(
        f"{file}: {count(len(bundle.events), 'event')}, {what}"
        + (f"; {loose:,} not yet anchored: sign heads first (--sign-now)" if loose else "; all under signed heads")
        + (
            "."
            if signer is not None
            else ". Not sealed by a key: what no head covers will not verify, and events can be left out of it."
        )
    )


@app.command("verify")
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    *,
    key: Annotated[
        list[Path], typer.Option("--key", metavar="PUBLIC.pem", help="The maker's public key; again for older keys.")
    ],
    json: Json = False,
) -> None:
    """Verify a bundle with nothing but the public key. Exits 1 and names what is not as it was signed."""
    sealed: Sealed = read(file)
    report = verify_bundle(sealed, public_keys(key))
    if json:
        as_json(report.as_json())
    else:
        bundle = sealed.bundle
        console().print(
            f"{bundle.title[:1].upper()}{bundle.title[1:]}, bundled by {bundle.made_by} at {bundle.made_at.isoformat()} "
            f"(outage-notice {bundle.product})."
        )
        show_report(report)
    if not report.passed:
        raise typer.Exit(1)
