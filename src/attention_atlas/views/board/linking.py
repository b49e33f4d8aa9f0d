"""Boards that go along with each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import InvalidChoice

if TYPE_CHECKING:
    from attention_atlas.views.board.widget import Board

LINKED = ("layer", "head", "token")


def link_boards(boards: Sequence[Board]) -> None:
    """Sets on all what is chosen on one, now and from now on; the first leads.

    What another board does not have, such as a layer of a smaller model, it passes over.

    Raises:
        InvalidChoice: what the first has chosen, another does not have.
    """
    first = boards[0]
    for board in boards[1:]:
        for name in LINKED:
            setattr(board, name, getattr(first, name))
    for board in boards:
        board.observe(lambda change: _tell(boards, change), LINKED)


def _tell(boards: Sequence[Board], change: Any) -> None:
    for board in boards:
        if board is change.owner or getattr(board, change.name) == change.new:
            continue
        try:
            setattr(board, change.name, change.new)
        except InvalidChoice:
            continue
