"""Read the board's settings from the environment: the renderer's, the front's, and both together."""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field

from services.board.snapshot.store import KEEP
from services.kernel.running.settings import DatabaseRole, DatabaseUrl, ProcessSettings, UtilityZone
from services.policy.loading import load_policy, regime_file
from services.policy.model import Policy


def _networks(text: str) -> str:
    for one in filter(None, (part.strip() for part in text.split(","))):
        ip_network(one)
    return text


class BoardProcessSettings(ProcessSettings):
    """What both halves read."""

    board_utility: Annotated[
        Path, Field(description="the utility's TOML file, see the head of services/board/utility.py")
    ]


class FrontSettings(BoardProcessSettings):
    """What a front reads: no database, no broker, no secret."""

    board_port: Annotated[int, Field(ge=0, le=65535, description="the public port, 0 to 65535")] = 8086
    board_copy: Annotated[
        Path | None, Field(description="a folder for a copy of what is shown, for a start while the renderer is dead")
    ] = None
    board_operators: Annotated[
        Path | None, Field(description="the TOML file of telecom operators (services/board/front/operators.py)")
    ] = None
    board_proxies: Annotated[
        str,
        AfterValidator(_networks),
        Field(description="networks of our own proxies, whose X-Forwarded-For is believed: 10.0.0.0/8,fd00::/8"),
    ] = ""
    board_places_per_minute: Annotated[
        float, Field(gt=0, le=1_000_000, description="questions for a place a minute from one address")
    ] = 1_200  # behind one address of a mobile network stand thousands of people
    board_points_per_minute: Annotated[
        float, Field(gt=0, le=1_000_000, description="questions for a usage point a minute from one address")
    ] = 10
    board_connections: Annotated[
        int, Field(ge=1, le=100_000, description="connections served at once; more are answered 503")
    ] = 2_000


class LoneFrontSettings(FrontSettings):
    """A front whose renderer runs on another machine."""

    board_renderer: Annotated[
        str,
        Field(
            pattern=r"^https?://[^\s/]+/?$", description="the renderer's inner port, e.g. http://board-renderer:8087"
        ),
    ]


class RendererSettings(BoardProcessSettings):
    """What a renderer reads: one narrow role of the database, and a folder."""

    postgres: DatabaseUrl
    postgres_role: DatabaseRole = "outage_board"
    zone: UtilityZone = "Asia/Shanghai"
    policy: Annotated[
        str, Field(min_length=1, description="id of a regime that ships (policies/*.toml), or the path of a file")
    ] = "cn-service-standard"
    board_folder: Annotated[Path, Field(description="the folder in which snapshots lie")]
    board_sites: Annotated[
        Path | None, Field(description="the TOML file of telecom operators' sites (services/board/feeds/telecom.py)")
    ] = None
    board_keep: Annotated[int, Field(ge=2, le=1_000, description="snapshots that are kept, 2 to 1000")] = KEEP
    board_inner_port: Annotated[
        int, Field(ge=0, le=65535, description="where fronts ask for snapshots, 0 to 65535; keep it inside")
    ] = 8087
    board_round_seconds: Annotated[
        float, Field(ge=0.2, le=60, description="seconds between two looks at the database, 0.2 to 60")
    ] = 5.0

    board_gateway: Annotated[
        str | None,
        Field(
            pattern=r"^https?://[^\s/]+/?$",
            description="the gateway that is told which notices can be read, e.g. http://gateway:8080; none: nobody is",
        ),
    ] = None
    board_gateway_token: Annotated[
        Path | None,
        Field(description="the file with its token, which names notice.shown.v1 and notice.unreadable.v1"),
    ] = None

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server named here."""
        return (self.postgres,)

    def rules(self) -> Policy:
        """The policy, which says by what the public counts as told.

        Raises:
            PolicyError: the regime file is missing or wrong.

        """
        return load_policy(regime_file(self.policy))


class BoardSettings(RendererSettings, FrontSettings):
    """Of one process that is both."""
