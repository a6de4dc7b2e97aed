"""Read settings from the environment; name each wrong one with what was given and what is expected."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.kernel.running import hooks_for_tests
from services.kernel.values.passwords import mask_password


class SettingsError(Exception):
    """Settings are wrong; one line for each, with what is expected. Correct the environment and start again."""


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("no such time zone") from None
    return name


DatabaseUrl = Annotated[
    str,
    Field(
        pattern=r"^postgres(ql)?://\S+$",
        description="a database URL, e.g. postgresql://user@db.internal:5432/outage",
    ),
]
DatabaseRole = Annotated[
    str | None, Field(pattern=r"^[a-z_][a-z0-9_]*$", description="the role to work as, where the login may be more")
]
UtilityZone = Annotated[
    str, AfterValidator(_zone), Field(description="the utility's time zone, an IANA name such as Asia/Shanghai")
]


class ProcessSettings(BaseSettings):
    """What every process of ours reads, whatever it does. Variables are OUTAGE_ and the field's name in capitals."""

    model_config = SettingsConfigDict(env_prefix="OUTAGE_", env_ignore_empty=True, extra="ignore", frozen=True)

    gone: ClassVar[Mapping[str, str]] = {}
    """Variables that a version before read, and what to do instead: what they asked for would be missed in silence."""

    clock_file: Annotated[
        str | None, Field(description="the file of a warp clock (demo only); leave unset for the machine's time")
    ] = None
    log_format: Annotated[Literal["json", "console", "auto"], Field(description="json, console or auto")] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Field(description="debug, info, warning or error")
    ] = "info"
    http_host: Annotated[str, Field(description="address of health and metrics: 127.0.0.1, 0.0.0.0 in a container")] = (
        "127.0.0.1"
    )
    http_port: Annotated[int, Field(ge=0, le=65535, description="0 to 65535; 0 takes a free port")] = 0
    revision: Annotated[str, Field(description="the source revision that runs, shown in metrics")] = "unknown"

    @classmethod
    def load(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: one line for each wrong or missing variable, or one that is read no more. Secrets are masked.

        """
        if set_ := sorted(name for name in cls.gone if os.environ.get(name)):
            raise SettingsError("\n".join(f"{name} is read no more: {cls.gone[name]}, and unset it" for name in set_))
        try:
            fields: dict[str, Any] = {}  # none: all come from the environment
            made = cls(**fields)
        except ValidationError as error:
            lines = [cls._line(str(problem["loc"][0]), problem) for problem in error.errors()]
            raise SettingsError("\n".join(dict.fromkeys(lines))) from None
        if problem := hooks_for_tests.problem(os.environ, made.servers):
            raise SettingsError(problem)
        return made

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server named here."""
        return ()

    @classmethod
    def _line(cls, name: str, problem: Mapping[str, Any]) -> str:
        field = cls.model_fields[name]
        variable = f"{cls.model_config.get('env_prefix', '')}{name}".upper()
        expected = field.description or str(problem.get("msg"))
        if problem.get("type") == "missing":
            return f"{variable} is not set; expected {expected}"
        value = "****" if _is_secret(field.annotation) else mask_password(str(problem.get("input")))
        return f"{variable}={value!r} is wrong; expected {expected}"


class KernelSettings(ProcessSettings):
    """What every service reads."""

    kafka: Annotated[
        str,
        Field(
            pattern=r"^[^\s,:/]+:\d+(,[^\s,:/]+:\d+)*$", description="host:port[,host:port…], e.g. kafka.internal:9092"
        ),
    ]
    postgres: DatabaseUrl
    postgres_role: DatabaseRole = None
    zone: UtilityZone = "Asia/Shanghai"
    batch_max: Annotated[int, Field(ge=1, le=5000, description="records per transaction, 1 to 5000")] = 200
    poll_seconds: Annotated[
        float, Field(gt=0, le=60, description="seconds between looks at deadlines that wait for facts, up to 60")
    ] = 0.2
    postgres_patience_seconds: Annotated[
        float,
        Field(ge=0, le=3600, description="0 to 3600; without effect since the services wait for as long as it takes"),
    ] = 120
    timer_grace_seconds: Annotated[
        float, Field(ge=1, le=86400, description="real seconds a due timer waits for a stuck partition, 1 to 86400")
    ] = 300
    inbox_days: Annotated[
        int, Field(ge=7, le=3650, description="days to remember which messages were taken, 7 to 3650")
    ] = 90
    quarantine_days: Annotated[
        int, Field(ge=7, le=3650, description="days to keep a quarantined message after it was dealt with, 7 to 3650")
    ] = 90
    instance: Annotated[
        str | None,
        Field(description="a name of this worker that stays over restarts (the pod's), for static membership"),
    ] = None

    @property
    def servers(self) -> tuple[str, ...]:
        """Every server named here."""
        return (self.kafka, self.postgres)


def _is_secret(annotation: object) -> bool:
    return "SecretStr" in str(annotation)
