"""The read models that services share, and which service has which. They know contracts and the kernel, no service."""

from collections.abc import Mapping

from services.kernel.reading.projections import ReadModel
from services.readmodels.notices import NoticeRows
from services.readmodels.places import PlaceRows
from services.readmodels.promises import PromiseRows

READ_MODELS: Mapping[str, tuple[ReadModel, ...]] = {
    "planner": (PromiseRows(), PlaceRows(), NoticeRows()),
    "restorer": (PromiseRows(), PlaceRows()),
    "notifier": (PromiseRows(),),
}
