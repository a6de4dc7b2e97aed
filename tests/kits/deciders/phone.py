"""Look at one customer's phone: `city.phone("hospital").receives("停电")`."""

from collections.abc import Sequence


class Phone:
    """The words that one customer was sent, in their order."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    def receives(self, *words: str) -> str:
        """The newest text, which must say each of `words`."""
        assert self.texts, f"nothing was sent, and it should say {words}"
        missing = [word for word in words if word not in self.texts[-1]]
        assert missing == [], self.texts[-1]
        return self.texts[-1]
