"""`load_model`: from a name to a model that is ready to be traced."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from attention_atlas.errors import DownloadCancelled, ModelNotFound
from attention_atlas.models.catalog import DEFAULT_MODEL, EMBEDDED_MODEL, embedded_folder
from attention_atlas.models.checkpoint import open_checkpoint
from attention_atlas.models.memory import MemoryMayRunOut, check_fits, needed_bytes
from attention_atlas.models.progress import Progress, ProgressListener
from attention_atlas.models.unchanged import unchanged

if TYPE_CHECKING:
    import torch

    from attention_atlas.models.model import Model, Source

# A tokenizer that was never told its limit says 10³⁰.
_NO_LIMIT = 10**9


def load_model(
    name: str | os.PathLike[str] = DEFAULT_MODEL,
    *,
    progress: ProgressListener | None = None,
    cancel: threading.Event | None = None,
    device: str | torch.device | None = None,
    check_memory: bool = True,
) -> Model:
    """Loads a BERT by name: in eval mode, float32, with its fast tokenizer.

    Args:
        name: "embedded" for the model that comes with the package; a folder that holds a
            checkpoint; or a hub id such as "bert-base-uncased", taken from the hub's cache if it
            is whole there, else downloaded. HF_HOME, HF_ENDPOINT, HF_HUB_OFFLINE and HF_TOKEN are
            honoured as huggingface_hub does: it reads them when the process first imports it.
        progress: called on this thread while the model is on its way.
        cancel: set it to stop a download; what has arrived is kept for the next try.
        device: "cpu", "cuda", "mps"; without one CUDA, else MPS, else the CPU.
        check_memory: False loads a model also when it needs more memory than is free, which can
            make the machine slow, or end the process without a word.

    Raises:
        ModelNotFound: neither a folder, nor in the cache, nor on the hub.
        ModelAccessDenied: the hub does not give it to this person.
        HubUnreachable: the hub did not answer within about five seconds, or may not be asked.
        DownloadInterrupted: the download broke off; the next try goes on from there.
        DownloadCancelled: `cancel` was set.
        UnsafeWeights: pickled weights only.
        RemoteCodeRefused: the checkpoint asks to run code of its own.
        UnsupportedModel: not a BERT encoder.
        IncompleteModel: a file is missing, damaged, does not fit the others, or changed while it
            was read.
        ModelTooLarge: it needs more memory than is free; asked before anything is downloaded or
            loaded.
        NotEnoughMemory: the memory ran out all the same.
        NotEnoughDiskSpace: the disk has no room for the download.
        InvalidChoice: this machine has no such device.
    """
    name = os.fspath(name)
    tell = progress or (lambda _: None)
    if device is not None:  # said now, not after a download
        from attention_atlas.models.network import choose_device

        device = choose_device(device)
    folder, source, remedy = _find(name, tell, cancel, check_memory)
    tell(Progress("loading"))
    _stop_if(cancel, name)
    with MemoryMayRunOut(f"Loading the model '{name}'"), unchanged(folder, name):
        model = _open(folder, name, source, remedy, device, check_memory)
    _stop_if(cancel, name)
    return model


def _find(
    name: str, tell: ProgressListener, cancel: threading.Event | None, check_memory: bool
) -> tuple[Path, Source, str]:
    if name == EMBEDDED_MODEL:
        return embedded_folder(), "embedded", "Install attention-atlas anew."
    folder = _as_folder(name)
    if folder is not None:
        return folder, "folder", "Complete the folder, or choose another model."
    from attention_atlas.models import hub

    source: Source = "cache"
    snapshot = hub.cached_folder(name)
    if snapshot is None:
        source = "download"
        snapshot = hub.download(name, tell, cancel, check_memory=check_memory)
    # The files belong to …/models--name/snapshots/commit.
    stored = snapshot.parent.parent
    return snapshot, source, f"Delete {stored} to have it downloaded anew, or choose another model."


def _as_folder(name: str) -> Path | None:
    """The folder that `name` means, None if it must be a hub id."""
    try:
        path = Path(name).expanduser()
        is_folder = bool(name.strip()) and path.is_dir()
        is_file = path.is_file()
    except (OSError, ValueError, RuntimeError):  # too long, a NUL in it, an unknown ~user
        return None
    if is_folder:
        return path.resolve()
    if is_file:
        raise ModelNotFound(
            f"'{name}' is a file. Give the folder that holds the checkpoint's config.json."
        )
    if path.is_absolute() or name.startswith((".", "~")):
        raise ModelNotFound(
            f"There is no folder '{name}'. Give a folder that holds a checkpoint, a hub id such "
            f'as "{DEFAULT_MODEL}", or "{EMBEDDED_MODEL}".'
        )
    return None


def _open(
    folder: Path,
    name: str,
    source: Source,
    remedy: str,
    device: str | torch.device | None,
    check_memory: bool,
) -> Model:
    checkpoint = open_checkpoint(folder, name, remedy)
    from attention_atlas.models.families.bert import parts_of
    from attention_atlas.models.model import Model
    from attention_atlas.models.network import (
        choose_device,
        import_libraries,
        load_network,
        load_tokenizer,
    )

    import_libraries()
    chosen = choose_device(device)
    # There is no smaller one to choose than the embedded model.
    if check_memory and source != "embedded":
        check_fits(name, needed_bytes(checkpoint.tensors), chosen)
    network = load_network(checkpoint, chosen)
    config = network.config
    tokenizer = load_tokenizer(checkpoint, config)
    max_tokens = config.max_position_embeddings
    limit: object = tokenizer.model_max_length  # whatever the file says
    if isinstance(limit, (int, float)) and 1 <= limit < _NO_LIMIT:
        max_tokens = min(max_tokens, int(limit))
    return Model(
        name=name,
        source=source,
        network=network,
        tokenizer=tokenizer,
        parts=parts_of(network),
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        intermediate_size=config.intermediate_size,
        vocabulary_size=config.vocab_size,
        max_tokens=max_tokens,
        segments=config.type_vocab_size,
        activation=config.hidden_act,
    )


def _stop_if(cancel: threading.Event | None, name: str) -> None:
    if cancel is not None and cancel.is_set():
        raise DownloadCancelled(f"Loading the model '{name}' was stopped. Load it again to go on.")
