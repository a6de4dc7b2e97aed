"""Read the planner's settings beside the policy's."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import AfterValidator, Field

from services.kernel.operators.forgetting import kept_long_enough
from services.network.settings import NetworkSettings
from services.planner.domain.field.curtailment_scheme import Scheme, load_scheme
from services.policy.settings import PolicySettings


class PlannerSettings(PolicySettings, NetworkSettings):
    """The regime, the published curtailment scheme, and whose starts come without plans."""

    gone: ClassVar[Mapping[str, str]] = {
        "OUTAGE_NETWORK_FILE": "bring that file in by `outagectl import network FILE.csv`, or a better network"
    }

    hotline: Annotated[str, Field(pattern=r"^[0-9 +-]{3,20}$", description="the number to call, e.g. 95598")] = "95598"
    curtailment_scheme: Annotated[
        Path | None, Field(description="the published curtailment scheme, a TOML file; see policies/README.md")
    ] = None
    planless_sources: Annotated[
        tuple[str, ...],
        Field(description='prefixes of ce_source of systems that send starts but never plans, JSON: ["connectors/"]'),
    ] = ("connectors/",)

    words_days: Annotated[
        int,
        AfterValidator(kept_long_enough),
        Field(ge=0, le=36500, description="days to keep what people noted of their tasks, 30 to 36500; 0: for ever"),
    ] = 1095

    def scheme(self) -> Scheme | None:
        """The curtailment scheme, if one is published.

        Raises:
            PolicyError: the file is missing or wrong.

        """
        return load_scheme(self.curtailment_scheme) if self.curtailment_scheme is not None else None
