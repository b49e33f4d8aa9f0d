"""The formulas of the walk, of a head's measures and of the six metrics: MathML, no script."""

from __future__ import annotations

import re
from functools import lru_cache
from string import Template
from xml.etree import ElementTree

from attention_atlas.errors import InvalidChoice

# `$name` is a place for a number of this very model; without one, the symbol in _SYMBOLS stands.
_LATEX: dict[str, str] = {
    "embeddings": r"x_i = \operatorname{LN}(w_i + p_i + s_i)",
    "layer_norm": (
        r"\operatorname{LN}(x) = \gamma \odot \frac{x - \mu}{\sqrt{\sigma^2 + \epsilon}} + \beta"
    ),
    "sinusoid_even": r"P_{p,2k} = \sin\,\frac{p}{10000^{2k/$hidden_size}}",
    "sinusoid_odd": r"P_{p,2k+1} = \cos\,\frac{p}{10000^{2k/$hidden_size}}",
    "embedding_table": r"w_i = W_{t_i},\quad W \in \mathbb{R}^{V \times d}",
    "cosine": r"\cos(a, b) = \frac{a \cdot b}{\|a\|\, \|b\|}",
    "projections": r"Q = X W_Q + b_Q",
    "projection_shapes": (
        r"\underset{n \times d}{Q} = \underset{n \times d}{X}\; "
        r"\underset{d \times d}{W_Q} + \underset{d}{b_Q}"
    ),
    "heads_apart": r"d = H \times d_h",
    "scores": r"s_{ij} = \frac{q_i \cdot k_j}{\sqrt{$head_size}}",
    "softmax": (
        r"a_{ij} = \frac{e^{s_{ij} - m_i}}{\sum_k e^{s_{ik} - m_i}},\quad "
        r"m_i = \underset{j}{\operatorname{max}}\, s_{ij}"
    ),
    "context": r"c_i = \sum_j a_{ij}\, v_j",
    "attention": r"\operatorname{softmax}\left(\frac{Q K^\top}{\sqrt{$head_size}}\right) V",
    "heads_joined": r"[c_1, \ldots, c_{$heads}]\, W_O + b_O",
    "heads_added": (
        r"o = \sum_{h=1}^{H} \underset{1 \times d_h}{c_h}\; "
        r"\underset{d_h \times d}{W_{O,h}} + b_O"
    ),
    "add_norm_attention": r"\operatorname{LN}(x + \operatorname{attention}(x))",
    "feed_forward": r"\operatorname{$activation}(x W_1 + b_1)\, W_2 + b_2",
    "add_norm_ffn": r"\operatorname{LN}(x + \operatorname{FFN}(x))",
    "norm_mean": r"\mu = \frac{1}{$hidden_size} \sum_k x_k",
    "norm_variance": r"\sigma^2 = \frac{1}{$hidden_size} \sum_k (x_k - \mu)^2",
    "residual_share": r"\frac{c \cdot x}{x \cdot x} + \frac{f \cdot x}{x \cdot x} = 1",
    "widening": r"W_1 \in \mathbb{R}^{d \times f}",
    "narrowing": r"W_2 \in \mathbb{R}^{f \times d}",
    "layer_change": r"1 - \frac{h_l \cdot h_{l-1}}{\|h_l\|\, \|h_{l-1}\|}",
    "attention_part": (
        r"A = \frac{\gamma_2}{\sigma_2}\, C\left(\frac{\gamma_1}{\sigma_1}\, C a\right)"
    ),
    "ffn_part": r"F = \frac{\gamma_2}{\sigma_2}\, C f",
    "predictions": r"\operatorname{softmax}(W_{\operatorname{vocab}}\, t(h_i) + b)",
    "probability": (
        r"p_a = \frac{e^{z_a - m}}{\sum_{v=1}^{V} e^{z_v - m}},\quad "
        r"m = \underset{v}{\operatorname{max}}\, z_v"
    ),
    "candidates": r"z_a - z_b = \sum_{k=1}^{d} t_k (W_{ak} - W_{bk}) + b_a - b_b",
    "lens": r"\operatorname{softmax}(W_{\operatorname{vocab}}\, t(h_i^{(l)}) + b)",
    "measure_weights": r"\alpha_{ij} = {\operatorname{softmax}}_j (q_i \cdot k_j / \sqrt{d_h})",
    "measure_scores": r"s_{ij} = q_i \cdot k_j / \sqrt{d_h}",
    "measure_norms": r"\| \alpha_{ij}\, v_j W_O \|",
    "measure_difference": r"\alpha_{ij}^{h} - \frac{1}{H} \sum_{g=1}^{H} \alpha_{ij}^{g}",
    "rollout": (
        r"R_l = A_l\, R_{l-1},\quad A_l = \frac{1}{2} \bar{W}_l + \frac{1}{2} I,\quad R_0 = I"
    ),
    "max_flow": (
        r"F_{ij} = \underset{f}{\operatorname{max}} \sum_k f_{ik}^{(L)},\quad "
        r"0 \le f_{km}^{(l)} \le A_{km}^{(l)}"
    ),
    "confidence_max": r"C = \underset{i,j}{\operatorname{max}}\, A_{ij}",
    "confidence_avg": r"\bar{C} = \frac{1}{n} \sum_i \underset{j}{\operatorname{max}}\, A_{ij}",
    "entropy": r"H = -\frac{1}{n} \sum_i \sum_j A_{ij}\, \ln\, A_{ij}",
    "sparsity": r"S = \frac{1}{n^2}\, \#\{A_{ij} < \tau\},\quad \tau = $threshold",
    "median": r"M = \underset{i,j}{\operatorname{median}}\, A_{ij}",
    "uniformity": r"U = \sqrt{\frac{1}{n^2} \sum_{i,j} (A_{ij} - \bar{A})^2}",
}

_SYMBOLS = {
    "hidden_size": "d",
    "head_size": "d_h",
    "heads": "H",
    "activation": "ACT",
    "threshold": "0.01",
}

_ACTIVATIONS = {
    "gelu": "GELU",
    "gelu_new": "GELU",
    "gelu_fast": "GELU",
    "gelu_python": "GELU",
    "gelu_pytorch_tanh": "GELU",
    "quick_gelu": "GELU",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "silu": "SiLU",
    "swish": "SiLU",
}

NAMES: tuple[str, ...] = tuple(_LATEX)
"""The formulas there are, in the order of the walk; the last six are named like the fields of
`AttentionMetrics`."""


def activation_name(activation: str) -> str:
    """How people write an activation that a checkpoint names: "gelu_new" -> "GELU".

    One that is not known keeps its letters and digits.
    """
    known = _ACTIVATIONS.get(activation.lower())
    return known or re.sub(r"[^A-Za-z0-9]", "", activation) or _SYMBOLS["activation"]


@lru_cache(maxsize=256)
def mathml(name: str, **numbers: float | str) -> str:
    """A formula as one `<math>` element in display style.

    `numbers` puts this model's own sizes in place of their symbols: `hidden_size` in the
    sinusoids, `head_size` in "scores" and "attention", `heads` in "heads_joined", `activation`
    (as the checkpoint names it) in "feed_forward", `threshold` in "sparsity".

    Raises:
        InvalidChoice: there is no formula of this name, or no place for such a number in it.
    """
    if name not in _LATEX:
        raise InvalidChoice(f"There is no formula {name!r}. Choose one of {', '.join(NAMES)}.")
    template = Template(_LATEX[name])
    places = {match["named"] for match in template.pattern.finditer(template.template)} - {None}
    unknown = sorted(numbers.keys() - places)
    if unknown:
        allowed = f"it takes {', '.join(sorted(places))}" if places else "it takes no numbers"
        raise InvalidChoice(f"The formula {name!r} has no place for {unknown[0]!r}; {allowed}.")
    filled = {place: _written(place, numbers[place]) for place in numbers}
    return _display(_convert(template.substitute({**_SYMBOLS, **filled})))


@lru_cache(maxsize=256)
def plain(latex: str) -> str:
    """A symbol or a short expression as one `<math>` element, to stand in a line of text."""
    return _display(_convert(latex)).replace(' displaystyle="true"', "")


def _written(place: str, number: float | str) -> str:
    return activation_name(str(number)) if place == "activation" else f"{float(number):.15g}"


def _convert(latex: str) -> ElementTree.Element:
    from latex2mathml.converter import convert

    text = convert(latex, display="block")
    return ElementTree.fromstring(re.sub(r' xmlns="[^"]*"', "", text, count=1))


def _display(math: ElementTree.Element) -> str:
    # A name of several letters set as an operator would get a space on each side.
    for node in math.iter("mo"):
        if len(node.text or "") > 1 and (node.text or "").isalnum():
            node.tag = "mi"
    for node in math.iter("msub"):  # the converter puts limits under a sum in the outer row only
        if node[0].text == "∑":
            node.tag = "munder"
    del math.attrib["display"]
    math.set("xmlns", "http://www.w3.org/1998/Math/MathML")
    math.set("displaystyle", "true")
    return ElementTree.tostring(math, encoding="unicode")
