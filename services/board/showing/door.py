"""Fetch pages by the public address as a reader would, and bring words to the gateway, over HTTP."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path
from typing import Final, Literal

import aiohttp

from services.board.showing.wanted import LARGEST_BYTES, PageFound, WantedNotice, judged
from services.board.showing.words import Word

FETCH_SECONDS: Final = 15.0
"""A page that takes longer is not there for whoever needs it."""
POST_SECONDS: Final = 30.0
AWAY: Final = (aiohttp.ClientError, OSError, TimeoutError)
"""No ValueError of aiohttp's is among them: a token with a line break in it is one."""
Said = Literal["taken", "known", "refused", "away"]
"""Taken; taken before, in this or other words; refused for good as it is (a token that may not say it); nobody there."""


class Door:
    """One session for both ways. `token_file`: the gateway's token, read anew each time, for it may be changed."""

    def __init__(self, session: aiohttp.ClientSession, public_url: str, gateway: str, token_file: Path) -> None:
        self._session, self._public = session, public_url.rstrip("/")
        self._gateway, self._token_file = gateway.rstrip("/"), token_file

    def url(self, notice: WantedNotice) -> str:
        """Where the public reads it."""
        return self._public + notice.path

    async def look(self, notice: WantedNotice) -> PageFound:
        """Fetch its page, and see which words stand there."""
        try:
            async with (
                asyncio.timeout(FETCH_SECONDS),
                self._session.get(self.url(notice), allow_redirects=False) as answer,
            ):
                if answer.status != HTTPStatus.OK:
                    return PageFound("unreadable", f"http-{answer.status}")
                page = await answer.content.read(LARGEST_BYTES)
                while not answer.content.at_eof() and len(page) < LARGEST_BYTES:
                    page += await answer.content.read(LARGEST_BYTES - len(page))
        except TimeoutError:
            return PageFound("unreadable", "no-answer-in-time")
        except AWAY:
            return PageFound("unreadable", "no-answer")
        return judged(notice, page.decode("utf-8", errors="replace"))

    async def say(self, word: Word) -> tuple[Said, str]:
        """Bring one word to the gateway; what became of it, and why."""
        try:
            token = self._token_file.read_text(encoding="utf-8").strip()
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"}
            async with (
                asyncio.timeout(POST_SECONDS),
                self._session.post(f"{self._gateway}/v1/events", data=word.body, headers=headers) as answer,
            ):
                why = (await answer.text())[:300]
                if answer.status in (HTTPStatus.OK, HTTPStatus.ACCEPTED):
                    return "taken", ""
                if answer.status == HTTPStatus.CONFLICT:
                    return "known", ""
                later = (
                    answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS
                )
                return ("away" if later else "refused"), f"{answer.status}: {why}"
        except ValueError as error:
            return "away", f"{self._token_file} holds no token: {error}"
        except AWAY as error:
            return "away", str(error) or type(error).__name__
