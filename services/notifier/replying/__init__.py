"""Replies as rows, counted, and what people do about them."""
