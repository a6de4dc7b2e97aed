"""Write the public board as plain files for a static host, as it stands now."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import asyncpg

from operations.errors import Away, Misconfigured, Refused
from operations.plans.policy import regime_set_here
from operations.system.database import connect
from operations.system.instants import clock_of
from operations.system.location import Where
from services.board.domain.points import SALT_SIZE
from services.board.reading.reader import BoardReader
from services.board.rendering.ports import NothingRead
from services.board.rendering.whole import WholeSite
from services.board.snapshot.export import NotExported, export
from services.board.utility import UtilityError, read_utility


@dataclass(frozen=True, slots=True)
class WrittenBoard:
    """What was written."""

    files: int
    outages: int
    notices: int
    as_of: datetime
    """Up to when all facts are in it."""


async def write_board(where: Where, utility: Path, folder: Path) -> WrittenBoard:
    """Write every public page and feed below `folder`; what an earlier call wrote there and is no more is removed.

    Raises:
        Misconfigured: the utility's file cannot be used.
        Away: the database cannot be reached, or its services have not said yet up to when they know all facts.
        Refused: the role here may not work as the board's, a path cannot be a file, or the disk refused.

    """
    try:
        told = read_utility(utility)
    except UtilityError as error:
        raise Misconfigured(str(error)) from None
    counted_by = regime_set_here().settings.public_notice.counted_by
    reader = BoardReader(clock_of(where), where.zone, salt=secrets.token_bytes(SALT_SIZE), counted_by=counted_by)
    async with connect(where) as connection:
        try:
            await connection.execute("set role outage_board")
            board = (await reader.read(connection)).board
        except asyncpg.InsufficientPrivilegeError as error:
            raise Refused(
                f"the role here may not work as outage_board ({error}): grant outage_board to it, or use an administrator's"
            ) from None
        except NothingRead as error:
            raise Away(str(error)) from None
    try:
        files = export(WholeSite(told)(board), folder)
    except (NotExported, OSError) as error:
        raise Refused(f"{folder}: {error}") from None
    return WrittenBoard(len(files), len(board.outages), len(board.notices), board.as_of)
