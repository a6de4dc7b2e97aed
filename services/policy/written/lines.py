"""Find the line of a TOML file on which a key stands: tomllib does not say it of a file that is TOML, but wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"^\s*\[{1,2}\s*([\w.-]+)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"^\s*([\w-]+)\s*=")

Block = tuple[str, int]
"""A header, and which one of that name: ("rules", 3) is the third [[rules]]; ("", 1) is what stands before any."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of one file, by block and key."""

    blocks: dict[Block, int]
    keys: dict[tuple[Block, str], int]

    @classmethod
    def of(cls, text: str) -> Lines:
        """Read the headers and keys of `text`."""
        blocks: dict[Block, int] = {("", 1): 1}
        keys: dict[tuple[Block, str], int] = {}
        seen: dict[str, int] = {}
        block: Block = ("", 1)
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                name = header[1]
                seen[name] = seen.get(name, 0) + 1
                block = (name, seen[name])
                blocks[block] = number
            elif key := _KEY.match(line):
                keys.setdefault((block, key[1]), number)
        return cls(blocks, keys)

    def has(self, name: str) -> bool:
        """Whether a header is `name`, or lies within it."""
        return any(block == name or block.startswith(f"{name}.") for block, _ in self.blocks)

    def find(self, block: Block, key: str) -> int | None:
        """The line of `key` in `block`, or of a header of that name; of the block's own header where neither is there."""
        header = (f"{block[0]}.{key}".lstrip("."), 1)
        return self.keys.get((block, key)) or self.blocks.get(header) or self.blocks.get(block)


NO_LINES = Lines({}, {})
