"""From a checked checkpoint folder to a network and a tokenizer in memory."""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING, Any

from attention_atlas.errors import IncompleteModel, InvalidChoice, UnsupportedModel
from attention_atlas.models.checkpoint import CONFIG
from attention_atlas.models.configuration import config_of
from attention_atlas.models.memory import ran_out
from attention_atlas.models.quiet import no_progress_bars, one_line, quiet
from attention_atlas.models.weights import read_tensors

if TYPE_CHECKING:
    import torch
    from transformers import BertConfig, BertForMaskedLM, BertModel, PreTrainedTokenizerFast

    from attention_atlas.models.checkpoint import Checkpoint

HEAD = "cls.predictions."

# from_pretrained swaps torch's initialisers and default dtype while it builds a network, for the
# whole process: two at once would meet each other's.
_building = threading.Lock()

# transformers makes its parts when they are first asked for: two threads that import it at once
# can each meet a half of it.
_importing = threading.Lock()


def import_libraries() -> None:
    """Imports PyTorch and transformers, one thread at a time; costs nothing the second time."""
    with _importing:
        import torch  # noqa: F401  (imported for those who come after)
        from transformers import AutoTokenizer, BertConfig, BertForMaskedLM, BertModel  # noqa: F401
        from transformers.activations import ACT2FN  # noqa: F401


def load_network(checkpoint: Checkpoint, device: torch.device) -> BertModel | BertForMaskedLM:
    """The network, in float32, every weight taken from the checkpoint.

    It is in eval mode, as from_pretrained leaves it.

    Raises:
        IncompleteModel: a tensor is missing or does not have the shape that config.json says.
        UnsupportedModel: the encoder holds weights that a BERT does not have.
    """
    import torch
    from transformers import BertForMaskedLM, BertModel

    config = config_of(checkpoint)
    options: dict[str, Any] = {
        "config": config,
        "dtype": torch.float32,
        # Only the eager attention makes the weights, which are what people come to see.
        "attn_implementation": "eager",
        "local_files_only": True,
        "output_loading_info": True,
        # Reported in the loading info, so that the message can name the tensor.
        "ignore_mismatched_sizes": True,
    }
    architecture: Any = BertModel
    if any(name.startswith(HEAD) for name in checkpoint.tensors):
        architecture = BertForMaskedLM
    else:
        options["add_pooling_layer"] = False
    options["state_dict"] = read_tensors(checkpoint.tensors, checkpoint.name, checkpoint.remedy)
    try:
        with _building, quiet(), no_progress_bars():
            network, report = architecture.from_pretrained(None, **options)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        if ran_out(error):
            raise
        raise IncompleteModel(
            f"The weights of the model '{checkpoint.name}' could not be read "
            f"({one_line(error)}). {checkpoint.remedy}"
        ) from error
    _check_report(checkpoint, report, config.num_hidden_layers)
    return network.requires_grad_(False).to(device)


def load_tokenizer(checkpoint: Checkpoint, config: BertConfig) -> PreTrainedTokenizerFast:
    """The fast tokenizer of the checkpoint, which knows the characters of each token.

    Raises:
        IncompleteModel: its files are damaged, it has more pieces than the network has vectors, or
            a special token that is none of its pieces.
        UnsupportedModel: it has no fast version.
    """
    vocabulary_size = config.vocab_size
    tokenizer = _tokenizer_of(checkpoint, config)
    # transformers adds a [MASK] or [PAD] to a vocabulary that has none, with an id of its own, for
    # which the network has no vector; BERT reads single texts without either.
    made_up = {
        special: None
        for special in ("mask_token", "pad_token")
        if (token := getattr(tokenizer, special)) is not None
        and tokenizer.get_vocab().get(token, vocabulary_size) >= vocabulary_size
    }
    if made_up:
        tokenizer = _tokenizer_of(checkpoint, config, **made_up)
    if not tokenizer.is_fast:
        raise UnsupportedModel(
            f"The tokenizer of the model '{checkpoint.name}' ({type(tokenizer).__name__}) cannot "
            "tell which characters a token stands for. Choose a checkpoint with a tokenizer.json."
        )
    pieces = max(tokenizer.get_vocab().values(), default=-1) + 1
    if pieces > vocabulary_size:
        raise IncompleteModel(
            f"The tokenizer of the model '{checkpoint.name}' has {pieces} pieces, more than the "
            f"{vocabulary_size} of the embedding table (vocab_size in {CONFIG}). "
            f"{checkpoint.remedy}"
        )
    vocabulary = tokenizer.get_vocab()
    for special in ("unk_token", "cls_token", "sep_token", "pad_token", "mask_token"):
        token = getattr(tokenizer, special)
        # transformers would look for the id of the one that stands for the unknown, without end.
        if token is not None and token not in vocabulary:
            raise IncompleteModel(
                f"The tokenizer of the model '{checkpoint.name}' has {token!r} as its {special}, "
                f"and no such piece in its vocabulary. {checkpoint.remedy}"
            )
    return tokenizer


def choose_device(device: str | torch.device | None) -> torch.device:
    """The device that was asked for; without one CUDA, else MPS, else the CPU.

    Raises:
        InvalidChoice: this machine has no such device.
    """
    import torch

    if device is None:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        chosen = torch.device(device)
        torch.zeros(1).to(chosen)
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        raise InvalidChoice(
            f'The device {str(device)!r} cannot be used on this machine. Allowed are "cpu", and '
            '"cuda" or "mps" where there is one; without a device the best one is chosen.'
        ) from error
    return chosen


def _tokenizer_of(
    checkpoint: Checkpoint, config: BertConfig, **options: Any
) -> PreTrainedTokenizerFast:
    from transformers import AutoTokenizer

    # Without a configuration AutoTokenizer would read config.json itself, and all that is in it.
    options |= {"config": config, "local_files_only": True, "trust_remote_code": False}
    try:
        with _building, quiet():
            return AutoTokenizer.from_pretrained(checkpoint.folder, **options)
    except Exception as error:  # the tokenizers' Rust side raises plain Exception
        raise IncompleteModel(
            f"The tokenizer of the model '{checkpoint.name}' could not be read "
            f"({one_line(error)}). {checkpoint.remedy}"
        ) from error


def _check_report(checkpoint: Checkpoint, report: dict[str, Any], layers: int) -> None:
    missing = sorted(report["missing_keys"])
    if missing:
        raise IncompleteModel(
            f"The weights of the model '{checkpoint.name}' lack {_named(missing)}. "
            f"{checkpoint.remedy}"
        )
    for tensor, found, expected in sorted(report["mismatched_keys"]):
        raise IncompleteModel(
            f"The tensor '{tensor}' of the model '{checkpoint.name}' has the shape "
            f"{tuple(found)}, and {CONFIG} says {tuple(expected)}. {checkpoint.remedy}"
        )
    for tensor in sorted(report["unexpected_keys"]):
        inside = tensor.removeprefix("bert.")
        beyond = re.match(r"encoder\.layer\.(\d+)\.", inside)
        if beyond and int(beyond[1]) >= layers:
            raise IncompleteModel(
                f"The weights of the model '{checkpoint.name}' have a layer {int(beyond[1]) + 1}, "
                f"and {CONFIG} says that there are {layers}. {checkpoint.remedy}"
            )
        # Old checkpoints store the numbers 0, 1, 2, … that positions are looked up with.
        if inside.startswith(("embeddings.", "encoder.")) and not inside.endswith("_ids"):
            raise UnsupportedModel(
                f"The model '{checkpoint.name}' has the tensor '{tensor}', which a BERT encoder "
                "has no place for: its numbers would not be this model's. Choose another "
                "checkpoint."
            )


def _named(tensors: list[str]) -> str:
    more = len(tensors) - 1
    return f"the tensor '{tensors[0]}'" + (f" and {more} more" if more else "")
