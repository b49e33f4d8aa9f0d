"""What the symbols of the formulas stand for."""

from __future__ import annotations

from functools import lru_cache

from attention_atlas.views.formulas import NAMES, plain

_ROWS = (r"X", "the layer's input, one row for each token")
_SIZE = (r"d", "the size of a token's vector")
_HEAD_SIZE = (r"d_h", "the size of a head")
_UNITS = (r"f", "the number of units")
_CENTRED = (r"C", "takes the mean off")
_TRANSFORM = (r"t", "the head's transform: a matrix, the activation, LayerNorm")
_VOCABULARY = (r"W_{\operatorname{vocab}}", "one row for each word of the vocabulary")
_BIAS = (r"b", "one bias for each word")

_SYMBOLS: dict[str, tuple[tuple[str, str], ...]] = {
    "embeddings": (
        (r"w_i", "the word vector of token i"),
        (r"p_i", "the vector of its position"),
        (r"s_i", "the vector of its segment"),
        (r"\operatorname{LN}", "LayerNorm"),
        (r"x_i", "what enters the first layer"),
    ),
    "layer_norm": (
        (r"x", "the vector that is normalised"),
        (r"\mu", "the mean of its dimensions"),
        (r"\sigma^2", "their variance"),
        (r"\epsilon", "a tiny number, against division by zero"),
        (r"\gamma", "the learned scale of each dimension"),
        (r"\beta", "the learned shift of each dimension"),
        (r"\odot", "multiplied dimension by dimension"),
    ),
    "sinusoid_even": ((r"p", "the position"), (r"2k", "an even dimension"), _SIZE),
    "sinusoid_odd": ((r"p", "the position"), (r"2k+1", "an odd dimension"), _SIZE),
    "embedding_table": (
        (r"t_i", "the id of token i"),
        (r"W", "the word vectors, one row for each word of the vocabulary"),
        (r"w_i", "the row of token i"),
        (r"V", "the number of words in the vocabulary"),
        _SIZE,
    ),
    "cosine": (
        (r"a \cdot b", "the dot product of the two vectors"),
        (r"\|a\|", "the length (L2 norm) of a"),
    ),
    "projections": (
        _ROWS,
        (r"W_Q", "the learned matrix of the queries"),
        (r"b_Q", "their learned bias"),
        (r"Q", "one query for each token; keys K and values V are made alike"),
    ),
    "projection_shapes": (
        _ROWS,
        (r"W_Q", "the learned matrix of the queries"),
        (r"b_Q", "their learned bias"),
        (r"Q", "the queries of all heads at once; keys K and values V are made alike"),
        (r"n", "the number of tokens"),
        _SIZE,
    ),
    "heads_apart": (_SIZE, (r"H", "the number of heads"), _HEAD_SIZE),
    "scores": (
        (r"s_{ij}", "the score of token j for token i"),
        (r"q_i", "the query of token i"),
        (r"k_j", "the key of token j"),
        _HEAD_SIZE,
    ),
    "softmax": (
        (r"a_{ij}", "the share of token j in what token i takes up"),
        (r"s_{ij}", "the score of token j for token i"),
        (r"m_i", "the largest score in the row of token i"),
    ),
    "context": (
        (r"c_i", "the context of token i"),
        (r"a_{ij}", "the share of token j"),
        (r"v_j", "the value of token j"),
    ),
    "attention": (
        (r"Q", "the queries, one row for each token"),
        (r"K", "the keys"),
        (r"V", "the values"),
        (r"\sqrt{d_h}", "the root of a head's size: it keeps the scores from growing with it"),
    ),
    "heads_joined": (
        (r"c_1", "the context of the first head"),
        (r"W_O", "the learned matrix that mixes the heads"),
        (r"b_O", "its learned bias"),
    ),
    "heads_added": (
        (r"o", "the output for the token"),
        (r"c_h", "the context of head h"),
        (r"W_{O,h}", "the rows of the learned matrix that are head h's"),
        (r"b_O", "its learned bias"),
        (r"H", "the number of heads"),
        _HEAD_SIZE,
        _SIZE,
    ),
    "add_norm_attention": (
        (r"x", "what came into the layer"),
        (r"\operatorname{LN}", "LayerNorm"),
    ),
    "feed_forward": (
        (r"x", "the token's vector"),
        (r"W_1", "the learned matrix that widens it"),
        (r"W_2", "the learned matrix that narrows it again"),
        (r"b_1", "the learned biases, with b₂"),
    ),
    "add_norm_ffn": (
        (r"x", "what came into the feed-forward network"),
        (r"\operatorname{FFN}", "the feed-forward network"),
        (r"\operatorname{LN}", "LayerNorm"),
    ),
    "norm_mean": (
        (r"\mu", "the mean of the vector's dimensions"),
        (r"x_k", "dimension k of the vector"),
        _SIZE,
    ),
    "norm_variance": (
        (r"\sigma^2", "the variance of its dimensions"),
        (r"x_k", "dimension k of the vector"),
        (r"\mu", "their mean"),
        _SIZE,
    ),
    "residual_share": (
        (r"c", "what came in and is carried past"),
        (r"f", "what was found"),
        (r"x", "their sum"),
    ),
    "widening": ((r"W_1", "a column for each unit: what it looks for"), _SIZE, _UNITS),
    "narrowing": ((r"W_2", "a row for each unit: what it writes"), _SIZE, _UNITS),
    "layer_change": (
        (r"h_l", "the token's vector after layer l"),
        (r"\|h_l\|", "its length (L2 norm)"),
    ),
    "attention_part": (
        (r"A", "what attention added, as it stands in the layer's output"),
        (r"a", "what attention gave"),
        _CENTRED,
        (r"\gamma_1", "the scale of the first LayerNorm, with γ₂ of the second"),
        (r"\sigma_1", "the deviation that it divided by, with σ₂ of the second"),
    ),
    "ffn_part": (
        (r"F", "what the feed-forward network added, as it stands in the layer's output"),
        (r"f", "what the feed-forward network gave"),
        _CENTRED,
    ),
    "predictions": (
        (r"h_i", "the last hidden state of token i"),
        _TRANSFORM,
        _VOCABULARY,
        _BIAS,
    ),
    "probability": (
        (r"p_a", "the probability of word a"),
        (r"z_a", "its logit"),
        (r"m", "the largest logit of all words"),
        (r"V", "the number of words in the vocabulary"),
    ),
    "candidates": (
        (r"z_a", "the logit of the first word, with z_b of the second"),
        (r"t_k", "dimension k of the transformed vector, t(h)"),
        (r"W_{ak}", "the same dimension of the first word's row"),
        (r"b_a", "the bias of the first word"),
        _SIZE,
    ),
    "lens": (
        (r"h_i^{(l)}", "what layer l gives for token i"),
        _TRANSFORM,
        _VOCABULARY,
        _BIAS,
    ),
    "rollout": (
        (r"R_l", "the rollout after layer l; row i is what token i takes from each input token"),
        (r"\bar{W}_l", "the attention of layer l, the mean over its heads"),
        (r"I", "the residual path, which carries each token past the attention"),
        (r"A_l", "both together, half and half"),
    ),
    "max_flow": (
        (r"F_{ij}", "the maximum flow from input token j to token i of the last layer's output"),
        (r"f_{km}^{(l)}", "what passes in layer l from token m to token k"),
        (r"A_{km}^{(l)}", "the most that may pass there, as for rollout"),
        (r"L", "the number of layers"),
    ),
}


@lru_cache
def symbols(name: str) -> tuple[tuple[str, str], ...]:
    """The symbols of the formula `name` as MathML, each with what it stands for; () if plain."""
    assert name in NAMES, name
    return tuple((plain(latex), meaning) for latex, meaning in _SYMBOLS.get(name, ()))
