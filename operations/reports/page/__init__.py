"""The account of a month or a year as one page that needs nothing beside itself: no script, no network, no font of its own."""

from operations.reports.page.page import PageFacts, page_of

__all__ = ["PageFacts", "page_of"]
