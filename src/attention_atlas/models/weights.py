"""The weight files of a checkpoint: what tensors they hold, and reading those into memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import IncompleteModel

if TYPE_CHECKING:
    import torch

_FLOATS = ("F64", "F32", "F16", "BF16")


@dataclass(frozen=True)
class StoredTensor:
    """A tensor as a weight file announces it."""

    shape: tuple[int, ...]
    dtype: str
    """As safetensors writes it: "F32", "BF16", "I64"."""
    file: Path


def stored_tensors(files: tuple[Path, ...], name: str, remedy: str) -> Mapping[str, StoredTensor]:
    """What the files hold, from their headers alone.

    Raises:
        IncompleteModel: a file is not there, damaged, or holds weights that are not numbers with
            a fraction.
    """
    found: dict[str, StoredTensor] = {}
    for file in files:
        if not file.is_file():
            raise IncompleteModel(f"The model '{name}' has no {file.name}. {remedy}")
        with _opened(file, "numpy", name, remedy) as weights:
            for tensor in weights.keys():  # noqa: SIM118  (not a dict: it has no other way)
                of_it = weights.get_slice(tensor)
                found[tensor] = StoredTensor(tuple(of_it.get_shape()), of_it.get_dtype(), file)
    for tensor, stored in sorted(found.items()):
        # Old checkpoints keep the numbers 0, 1, 2, … of the positions beside the weights.
        if stored.dtype not in _FLOATS and not tensor.endswith("_ids"):
            raise IncompleteModel(
                f"The tensor '{tensor}' of the model '{name}' is stored as {stored.dtype}, and "
                f"weights are {', '.join(_FLOATS[:-1])} or {_FLOATS[-1]}. {remedy}"
            )
    return found


def read_tensors(
    tensors: Mapping[str, StoredTensor], name: str, remedy: str
) -> dict[str, torch.Tensor]:
    """The tensors in float32, in memory of this process.

    They are read, not mapped: a mapped tensor is the file, whose numbers change under a model that
    is in use when somebody trains into the same folder, and whose end is the end of the process
    when somebody shortens it.

    Raises:
        IncompleteModel: a file is damaged.
    """
    import torch

    read: dict[str, torch.Tensor] = {}
    for file in dict.fromkeys(stored.file for stored in tensors.values()):
        with _opened(file, "pt", name, remedy) as weights:
            for tensor, stored in tensors.items():
                if stored.file == file:
                    read[tensor] = weights.get_tensor(tensor).to(torch.float32)
    return read


@contextmanager
def _opened(file: Path, framework: str, name: str, remedy: str) -> Iterator[Any]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework=framework, backend="pread") as weights:
            yield weights
    except (SafetensorError, OSError) as error:
        raise IncompleteModel(
            f"{file.name} of the model '{name}' is damaged or not complete. {remedy}"
        ) from error
