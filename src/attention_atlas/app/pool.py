"""Where the work is done: a bounded pool of threads, never the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_POOL = ThreadPoolExecutor(max_workers=4, thread_name_prefix="atlas")


async def in_pool(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Runs `work` in a thread of the pool and waits for it without holding up anybody."""
    return await asyncio.get_running_loop().run_in_executor(_POOL, partial(work, *args, **kwargs))
