"""Compare places by their names, calculate with extents, and make text safe to show. Pure.

Names are stored and shown as they were written, and compared by `normal`.
"""

from services.places.names import FORM, distinct, forms, normal, normals
from services.places.text import cleaned, escaped, gsm_friendly, without_addresses

__all__ = ["FORM", "cleaned", "distinct", "escaped", "forms", "gsm_friendly", "normal", "normals", "without_addresses"]
