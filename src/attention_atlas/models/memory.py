"""Whether a model fits into memory: what it needs, what is free, and what to say when it does not.

Asked before anything is loaded: a machine that runs out of memory stops answering, or ends the
process without a word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import ModelTooLarge, NotEnoughMemory
from attention_atlas.models.cgroup import left_in_cgroups

if TYPE_CHECKING:
    import torch

    from attention_atlas.models.weights import StoredTensor

FLOAT32_BYTES = 4
BESIDE_BYTES = 64_000_000
"""What building the network and a first pass over a short text take beside the weights."""


def needed_bytes(tensors: Mapping[str, StoredTensor]) -> int:
    """What a network of these tensors takes in float32, at the moment when it takes most.

    Every tensor is read in its own precision and then widened, one after the other, so that the
    largest one is there twice for a moment.
    """
    sizes = [FLOAT32_BYTES * prod(tensor.shape) for tensor in tensors.values()]
    return sum(sizes) + max(sizes, default=0) + BESIDE_BYTES


def needed_of_files(config: Mapping[str, Any], sizes: Iterable[int]) -> int:
    """About the same, before the files are here: from their sizes and what config.json says."""
    dtype = str(config.get("dtype") or config.get("torch_dtype") or "float32")
    widened = 2 if dtype.removeprefix("torch.") in ("float16", "bfloat16") else 1
    return widened * sum(sizes) + BESIDE_BYTES


def free_bytes(device: torch.device | None = None) -> int:
    """What can be taken now: of the machine, of what the container may have, or of a GPU."""
    if device is not None and device.type == "cuda":
        import torch

        return torch.cuda.mem_get_info(device)[0]
    import psutil

    left = psutil.virtual_memory().available
    limited = left_in_cgroups()
    return left if limited is None else min(left, limited)


def check_fits(name: str, needed: int, device: torch.device | None = None) -> None:
    """Refuses what would not fit into the machine's memory, or into the GPU's.

    Raises:
        ModelTooLarge: more is needed than is free.
    """
    places: list[tuple[torch.device | None, str]] = [(None, "memory")]
    if device is not None and device.type == "cuda":
        places.append((device, f"memory on {device}"))
    for place, called in places:
        free = free_bytes(place)
        if needed > free:
            raise ModelTooLarge(
                f"The model '{name}' needs about {in_words(needed)} of {called}, and "
                f"{in_words(free)} are free.",
                "Close other programs, choose a smaller model, or load it anyway: --load-anyway "
                "in a command, check_memory=False in Python.",
            )


class MemoryMayRunOut:
    """Around work that takes much memory; `what` begins the sentence: "Loading 'x'".

    Raises:
        NotEnoughMemory: there was no more. Whatever the work held is let go.
    """

    def __init__(self, what: str) -> None:
        """To be used with `with`."""
        self._what = what

    def __enter__(self) -> None:
        """Begins the work."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, frames: object
    ) -> None:
        """Lets every other error pass."""
        if error is None or not ran_out(error):
            return
        # Its frames hold what the work had made, and the next work needs the room. Ours would
        # hold them too, for as long as somebody keeps the error that we raise.
        error.__traceback__ = None
        del frames
        raise NotEnoughMemory(
            f"{self._what} took more memory than this machine has free.",
            "Close other programs, or choose a smaller model or a shorter text.",
        ) from None


def ran_out(error: BaseException) -> bool:
    """Whether an error of Python, NumPy or PyTorch says that there is no memory left."""
    if isinstance(error, MemoryError):
        return True
    said = str(error)
    return isinstance(error, RuntimeError) and (
        "out of memory" in said or "can't allocate memory" in said or "not enough memory" in said
    )


def in_words(size: int) -> str:
    """Bytes as people read them: "1.4 GB", "340 MB"."""
    if size < 999_500_000:
        return f"{max(size, 0) / 1e6:.0f} MB"
    return f"{size / 1e9:,.1f} GB"
