"""`outagectl evidence`: one file that proves an outage's story to somebody who has no database."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from operations.errors import NotFound
from operations.evidence.collect import collect, seal
from operations.evidence.form import Sealed, read, write
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


class MakeByDefault(TyperGroup):
    """`evidence OUTAGE` is `evidence make OUTAGE`: what is no command's name is an outage's."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command that is meant."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().resolve_command(ctx, args)


app = typer.Typer(
    cls=MakeByDefault, no_args_is_help=True, add_completion=False, help="One file that proves an outage's story."
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
    policies: Annotated[
        list[Path] | None, typer.Option("--policies", metavar="DIR", help="Also look here for former regime files.")
    ] = None,
    sign_now: Annotated[
        bool, typer.Option("--sign-now", help="Sign heads first, so that the newest events are anchored too.")
    ] = False,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Private key (PEM); else OUTAGE_SIGNING_KEY_FILE.")
    ] = None,
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
    loose = sum(event.proof is None for event in bundle.events)
    console().print(
        f"{file}: {count(len(bundle.events), 'event')}, {count(len(bundle.messages), 'text')}"
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
            f"Outage {bundle.outage}, bundled by {bundle.made_by} at {bundle.made_at.isoformat()} "
            f"(outage-notice {bundle.product})."
        )
        show_report(report)
    if not report.passed:
        raise typer.Exit(1)
