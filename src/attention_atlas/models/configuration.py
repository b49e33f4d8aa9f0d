"""config.json: read, and held against the weights before anything is built by it.

A network is built at the sizes that config.json says. Sizes that are absurd would take all memory,
or hours, before anybody could say that they are.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from attention_atlas.errors import IncompleteModel, UnsupportedModel
from attention_atlas.models.checkpoint import CONFIG
from attention_atlas.models.quiet import one_line, quiet

if TYPE_CHECKING:
    from transformers import BertConfig

    from attention_atlas.models.checkpoint import Checkpoint

_SIZES = (
    "vocab_size",
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "max_position_embeddings",
    "type_vocab_size",
)
# All that an encoder and its tokenizer are built by. The rest is never handed to transformers,
# which takes it at its word: 10¹² labels are counted out although nobody asks for one.
_USED = (*_SIZES, "hidden_act", "layer_norm_eps", "tie_word_embeddings", "tokenizer_class")
# Beyond it, sizes that do not fit are not said tensor by tensor, since nothing is built.
_TIMES, _AND_PARAMETERS = 4, 10_000_000


def config_of(checkpoint: Checkpoint) -> BertConfig:
    """The configuration of the network that the checkpoint is for.

    Raises:
        IncompleteModel: it is not a BERT's, or far from what the weights hold.
        UnsupportedModel: its activation is not known.
    """
    from transformers import BertConfig
    from transformers.activations import ACT2FN

    content = {key: checkpoint.config[key] for key in _USED if key in checkpoint.config}
    try:
        with quiet():
            config = BertConfig.from_dict(content)
    except Exception as error:  # the strict configuration has errors of its own for each field
        raise IncompleteModel(
            f"{CONFIG} of the model '{checkpoint.name}' is not a BERT's ({one_line(error)}). "
            f"{checkpoint.remedy}"
        ) from error
    _check_sizes(checkpoint, config)
    if config.hidden_size % config.num_attention_heads:
        raise IncompleteModel(
            f"{CONFIG} of the model '{checkpoint.name}' shares a hidden size of "
            f"{config.hidden_size} among {config.num_attention_heads} heads, which does not come "
            f"out even. {checkpoint.remedy}"
        )
    if config.hidden_act not in ACT2FN:
        raise UnsupportedModel(
            f"The model '{checkpoint.name}' has the activation {config.hidden_act!r}, which "
            "transformers does not know. Choose another checkpoint."
        )
    return config


def _check_sizes(checkpoint: Checkpoint, config: BertConfig) -> None:
    for size in _SIZES:
        value = getattr(config, size)
        if type(value) is not int or value < 1:
            raise IncompleteModel(
                f"{CONFIG} of the model '{checkpoint.name}' says {size} = {value!r:.40}, and a "
                f"BERT has at least 1. {checkpoint.remedy}"
            )
    held = sum(prod(tensor.shape) for tensor in checkpoint.tensors.values())
    said = _parameters(config)
    if said > _TIMES * held + _AND_PARAMETERS:
        raise IncompleteModel(
            f"{CONFIG} of the model '{checkpoint.name}' is for {_in_words(said)} parameters, "
            f"and the weights hold {_in_words(held)}: they are not of one model. "
            f"{checkpoint.remedy}"
        )
    # A thousand layers that are as good as empty take minutes to build all the same.
    if config.num_hidden_layers > len(checkpoint.tensors):
        raise IncompleteModel(
            f"{CONFIG} of the model '{checkpoint.name}' says that there are "
            f"{config.num_hidden_layers} layers, and the weights are {len(checkpoint.tensors)} "
            f"tensors, too few for them. {checkpoint.remedy}"
        )


def _parameters(config: BertConfig) -> int:
    width, wide = config.hidden_size, config.intermediate_size
    rows = config.vocab_size + config.max_position_embeddings + config.type_vocab_size
    layer = 4 * width * (width + 1) + 2 * width * wide + wide + 5 * width
    return rows * width + config.num_hidden_layers * layer


def _in_words(count: int) -> str:
    # A number of hundreds of digits can be written into a file, and is too large for a float.
    if count >= 10**15:
        return "more than 10¹⁵"
    return f"{count:,}" if count < 10**6 else f"{count / 1e6:,.1f} million"
