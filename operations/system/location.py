"""Find where the system is: from the environment first, then from what `outagectl up` wrote into its folder."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from operations.errors import Away, Misused
from services.kernel.running import hooks_for_tests

STACK_FILE = "stack.json"
DEFAULT_FOLDER = Path("data")
DEFAULT_ZONE = "Asia/Shanghai"
DEFAULT_PARTITIONS = 12


class StackFile(msgspec.Struct, frozen=True, kw_only=True):
    """`stack.json`: the addresses of a local stack. Paths are absolute or relative to the file's folder."""

    kafka: str | None = None
    postgres: str | None = None
    clock_file: str | None = None
    twilio_url: str | None = None
    twilio_folder: str | None = None
    sms_gateway_folder: str | None = None
    vault_key_file: str | None = None
    index_key_file: str | None = None
    zone: str | None = None
    partitions: int | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """The addresses a command works with. The `need_` methods say what to do where one is missing."""

    kafka: str | None = None
    postgres: str | None = None
    clock_file: str | None = None
    twilio_url: str | None = None
    twilio_folder: Path | None = None
    sms_gateway_folder: Path | None = None
    vault_key: str | None = field(default=None, repr=False)
    vault_other_keys: str | None = field(default=None, repr=False)
    """Keys that open the vault too, while its key is changed."""
    index_key: str | None = field(default=None, repr=False)
    """Of the blind index, where the gateway has one of its own."""
    zone_name: str = DEFAULT_ZONE
    partitions: int = DEFAULT_PARTITIONS
    looked_in: Path = DEFAULT_FOLDER / STACK_FILE

    @property
    def zone(self) -> ZoneInfo:
        """The utility's time zone.

        Raises:
            Misused: no such zone.

        """
        try:
            return ZoneInfo(self.zone_name)
        except (KeyError, ValueError, OSError):
            raise Misused(
                f"OUTAGE_ZONE={self.zone_name!r} is no time zone: give an IANA name such as Asia/Shanghai"
            ) from None

    def need_postgres(self) -> str:
        """The database's address.

        Raises:
            Away: nobody said where it is.

        """
        return self.postgres or self._missing("OUTAGE_POSTGRES", "the database")

    def need_kafka(self) -> str:
        """The broker's address.

        Raises:
            Away: nobody said where it is.

        """
        return self.kafka or self._missing("OUTAGE_KAFKA", "Kafka")

    def need_vault_key(self) -> str:
        """The key of the phone number vault (32 bytes in base64).

        Raises:
            Away: nobody gave it.

        """
        return self.vault_key or self._missing("OUTAGE_VAULT_KEY", "the vault's key")

    @property
    def phone_folders(self) -> tuple[Path, ...]:
        """Where the simulated providers of texts keep what each telephone got; empty with real ones."""
        return tuple(one for one in (self.twilio_folder, self.sms_gateway_folder) if one is not None)

    def need_phone_folders(self) -> tuple[Path, ...]:
        """The same.

        Raises:
            Away: there are none, as with real providers.

        """
        if not self.phone_folders:
            raise Away(
                f"no simulated phones are known here ({self.looked_in} names no twilio_folder): phones are seen only "
                "where `outagectl up` runs simulated providers of texts; name its folder with --data DIR"
            )
        return self.phone_folders

    def _missing(self, variable: str, what: str) -> str:
        raise Away(
            f"where {what} is nobody said: set {variable}, or start a local stack with `outagectl up` "
            f"(then {self.looked_in} exists; another folder is named with --data DIR)"
        )


def find(folder: Path | None = None, environment: Mapping[str, str] | None = None) -> Where:
    """Where the system is. `folder` is the data folder of `outagectl up`; a variable beats what its file says.

    Raises:
        Misused: the stack file is there but cannot be read.

    """
    env = os.environ if environment is None else environment
    path = (folder or DEFAULT_FOLDER) / STACK_FILE
    stack = _read(path)

    def given(variable: str, otherwise: str | None) -> str | None:
        return env.get(variable) or otherwise

    clock_file = _inside(path, stack.clock_file)
    _refuse_a_clock_elsewhere(env, stack, path)
    return Where(
        kafka=given("OUTAGE_KAFKA", stack.kafka),
        postgres=given("OUTAGE_POSTGRES", stack.postgres),
        clock_file=given("OUTAGE_CLOCK_FILE", str(clock_file) if clock_file else None),
        twilio_url=given("OUTAGE_TWILIO_URL", stack.twilio_url),
        twilio_folder=_inside(path, stack.twilio_folder),
        sms_gateway_folder=_inside(path, stack.sms_gateway_folder),
        vault_key=given("OUTAGE_VAULT_KEY", _key(path, stack.vault_key_file)),
        vault_other_keys=given("OUTAGE_VAULT_OTHER_KEYS", None),
        index_key=given("OUTAGE_INDEX_KEY", _key(path, stack.index_key_file)),
        zone_name=given("OUTAGE_ZONE", stack.zone) or DEFAULT_ZONE,
        partitions=_count(env.get("OUTAGE_PARTITIONS"), stack.partitions),
        looked_in=path,
    )


def _read(path: Path) -> StackFile:
    try:
        return msgspec.json.decode(path.read_bytes(), type=StackFile)
    except FileNotFoundError:
        return StackFile()
    except (OSError, msgspec.MsgspecError) as error:
        raise Misused(f"{path} cannot be read ({error}): run `outagectl up` again, or remove it") from None


def _refuse_a_clock_elsewhere(env: Mapping[str, str], stack: StackFile, path: Path) -> None:
    """A demo's clock tells the time of its own stack only: no proof, erasure or brake elsewhere is dated by it."""
    named = (env.get("OUTAGE_KAFKA") or stack.kafka, env.get("OUTAGE_POSTGRES") or stack.postgres)
    servers = [server for server in named if server]
    if problem := hooks_for_tests.problem(env, servers):
        raise Misused(problem)
    far = hooks_for_tests.elsewhere(servers, env)
    if stack.clock_file and far:
        raise Misused(
            f"{path} names the clock of a local stack, but {', '.join(far)} is not this machine: name another folder "
            "with --data DIR, or work from a folder without that file"
        )


def _inside(path: Path, name: str | None) -> Path | None:
    return path.parent / name if name else None


def _key(path: Path, name: str | None) -> str | None:
    file = _inside(path, name)
    try:
        return file.read_text(encoding="utf-8").strip() if file else None
    except OSError as error:
        raise Misused(
            f"the key {file} cannot be read ({error.strerror}): set OUTAGE_VAULT_KEY or OUTAGE_INDEX_KEY"
        ) from None


def _count(given: str | None, stack: int | None) -> int:
    if not given:
        return stack or DEFAULT_PARTITIONS
    if not given.isdecimal() or int(given) < 1:
        raise Misused(f"OUTAGE_PARTITIONS={given!r} is wrong; expected a whole number from 1")
    return int(given)


def settings_values(where: Where) -> dict[str, Any]:
    """What a service's settings would find in its environment, of what is known here."""
    values = {
        "kafka": where.kafka or "nowhere:0",
        "postgres": where.need_postgres(),
        "clock_file": where.clock_file,
        "vault_key": where.vault_key,
        "twilio_url": where.twilio_url,
        "zone": where.zone_name,
        "partitions": where.partitions,
    }
    return {name: value for name, value in values.items() if value is not None}
