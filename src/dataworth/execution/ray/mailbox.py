"""The actor that takes the messages of runs until the process of the study asks for them."""

from __future__ import annotations

import asyncio
from typing import Any

Message = tuple[int, str, Any]
"""The number of an attempt; "begun", "steps" or "checkpoint"; the content."""


class Mailbox:
    """Holds messages; an actor of Ray, which has an event loop."""

    def __init__(self) -> None:
        self._messages: list[Message] = []
        self._arrived = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Take a message."""
        self._messages.append(message)
        self._arrived.set()

    async def take(self, wait: bool) -> list[Message]:
        """Give all messages away.

        `wait` for one where there is none, or for a call that does not wait: after it, all that
        had arrived before has been given away.
        """
        if wait:
            await self._arrived.wait()
            self._arrived.clear()
        else:
            self._arrived.set()
        messages, self._messages = self._messages, []
        return messages
