"""The public board beside the least that Starlette can do."""
