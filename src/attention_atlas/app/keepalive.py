"""Websockets whose page no longer answers."""

from __future__ import annotations

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

PING_SECONDS = 20.0
"""How often a page is asked whether it is there; its browser answers by itself."""
ANSWER_SECONDS = 40.0
"""How long the answer may take: on a slow line it comes behind a large picture."""


class WebSocket(WebSocketsSansIOProtocol):
    """A websocket that is over when its page has not answered in time.

    uvicorn then closes it once all is sent that waits. To a machine that sleeps, or to one that
    reads nothing on purpose, it never is, and the connection would stay.
    """

    def keepalive_timeout(self) -> None:
        """The page has not answered."""
        super().keepalive_timeout()
        self.transport.abort()
