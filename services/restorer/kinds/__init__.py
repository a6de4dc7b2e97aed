"""The kinds of streams of the restorer. A new one is a module here, its line in KINDS, and its migration."""

from services.restorer.kinds.complaints import ComplaintStreams
from services.restorer.kinds.enquiries import EnquiryStreams
from services.restorer.kinds.hotline import HotlineStreams
from services.restorer.kinds.kind import StreamKind
from services.restorer.kinds.months import MonthStreams
from services.restorer.kinds.outages import OutageStreams
from services.restorer.kinds.tasks import TaskStreams

KINDS: tuple[type[StreamKind], ...] = (
    TaskStreams,
    MonthStreams,
    ComplaintStreams,
    EnquiryStreams,
    HotlineStreams,
    OutageStreams,
)
"""In the order in which they are asked whose a message is; outages take what nobody else does."""
