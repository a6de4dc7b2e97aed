"""What the restorer keeps of an enquiry in its own log and publishes to nobody."""

from typing import Final

import msgspec

from schemas.contracts.base import OutageClass, Wire
from schemas.contracts.facts.enquiries import EnquiryId


class EnquiryAbout(Wire, frozen=True, kw_only=True):
    """What kind of cut the outage was taken for when somebody asked about it: by that a rule binds, or not."""

    enquiry_id: EnquiryId
    outage_class: OutageClass


ENQUIRY_ABOUT: Final = "enquiry.about.v1"
STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {ENQUIRY_ABOUT: EnquiryAbout}
