"""Read the planner's settings beside the policy's."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from services.places.network import Network, load_network
from services.planner.domain.field.curtailment_scheme import Scheme, load_scheme
from services.policy.settings import PolicySettings


class PlannerSettings(PolicySettings):
    """The regime, the published curtailment scheme, the lines there are, and whose starts come without plans."""

    hotline: Annotated[str, Field(pattern=r"^[0-9 +-]{3,20}$", description="the number to call, e.g. 95598")] = "95598"
    curtailment_scheme: Annotated[
        Path | None, Field(description="the published curtailment scheme, a TOML file; see policies/README.md")
    ] = None
    network_file: Annotated[
        Path | None,
        Field(description="the utility's lines, CSV: line,area[,transformer]; unknown lines are then refused"),
    ] = None
    planless_sources: Annotated[
        tuple[str, ...],
        Field(description='prefixes of ce_source of systems that send starts but never plans, JSON: ["connectors/"]'),
    ] = ("connectors/",)

    def scheme(self) -> Scheme | None:
        """The curtailment scheme, if one is published.

        Raises:
            PolicyError: the file is missing or wrong.

        """
        return load_scheme(self.curtailment_scheme) if self.curtailment_scheme is not None else None

    def network(self) -> Network | None:
        """The utility's lines, if a file names them.

        Raises:
            PolicyError: the file is missing or wrong.

        """
        return load_network(self.network_file) if self.network_file is not None else None
