"""Where a BERT keeps its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attention_atlas.models.families.parts import LayerParts, Parts

if TYPE_CHECKING:
    from transformers import BertForMaskedLM, BertModel

MODEL_TYPE = "bert"


def parts_of(network: BertModel | BertForMaskedLM) -> Parts:
    """Names the modules of a BERT, with or without its masked-language-model head."""
    encoder: Any = getattr(network, "bert", network)
    embeddings = encoder.embeddings
    return Parts(
        encoder=encoder,
        word_embeddings=embeddings.word_embeddings,
        position_embeddings=embeddings.position_embeddings,
        segment_embeddings=embeddings.token_type_embeddings,
        embedding_norm=embeddings.LayerNorm,
        layers=tuple(
            LayerParts(
                layer=layer,
                query=layer.attention.self.query,
                key=layer.attention.self.key,
                value=layer.attention.self.value,
                self_attention=layer.attention.self,
                attention_projection=layer.attention.output.dense,
                attention_norm=layer.attention.output.LayerNorm,
                intermediate=layer.intermediate,
                widening=layer.intermediate.dense,
                activation=layer.intermediate.intermediate_act_fn,
                ffn_projection=layer.output.dense,
                ffn_norm=layer.output.LayerNorm,
            )
            for layer in encoder.encoder.layer
        ),
        prediction_head=getattr(network, "cls", None),
    )
