from __future__ import annotations

from xml.etree import ElementTree

import pytest

from attention_atlas.errors import InvalidChoice
from attention_atlas.views.formulas import NAMES, activation_name, mathml

NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"

IDENTIFIERS = {
    "embeddings": "x i LN w i p i s i",
    "layer_norm": "LN x γ x μ σ ϵ β",
    "sinusoid_even": "P p k sin p k d",
    "sinusoid_odd": "P p k cos p k d",
    "embedding_table": "w i W t i W ℝ V d",
    "cosine": "cos a b a b a b",
    "projections": "Q X W Q b Q",
    "projection_shapes": "Q n d X n d W Q d d b Q d",
    "heads_apart": "d H d h",
    "scores": "s i j q i k j d h",
    "softmax": "a i j e s i j m i k e s i k m i m i max j s i j",
    "context": "c i j a i j v j",
    "attention": "softmax Q K d h V",
    "heads_joined": "c … c H W O b O",
    "heads_added": "o h H c h d h W O h d h d b O",
    "add_norm_attention": "LN x attention x",
    "feed_forward": "ACT x W b W b",
    "add_norm_ffn": "LN x FFN x",
    "norm_mean": "μ d k x k",
    "norm_variance": "σ d k x k μ",
    "residual_share": "c x x x f x x x",
    "widening": "W ℝ d f",
    "narrowing": "W ℝ f d",
    "layer_change": "h l h l h l h l",
    "attention_part": "A γ σ C γ σ C a",
    "ffn_part": "F γ σ C f",
    "predictions": "softmax W vocab t h i b",
    "probability": "p a e z a m v V e z v m m max v z v",
    "candidates": "z a z b k d t k W a k W b k b a b b",
    "lens": "softmax W vocab t h i l b",
    "measure_weights": "α i j softmax j q i k j d h",
    "measure_scores": "s i j q i k j d h",
    "measure_norms": "α i j v j W O",
    "measure_difference": "α i j h H g H α i j g",
    "rollout": "R l A l R l A l W l I R I",
    "max_flow": "F i j max f k f i k L f k m l A k m l",
    "confidence_max": "C max i j A i j",
    "confidence_avg": "C n i max j A i j",
    "entropy": "H n i j A i j ln A i j",
    "sparsity": "S n # A i j τ τ",
    "median": "M median i j A i j",
    "uniformity": "U n i j A i j A",
}


def parse(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def texts(math: ElementTree.Element, tag: str) -> list[str]:
    return [node.text or "" for node in math.iter(NAMESPACE + tag)]


def test_every_formula_is_listed_here():
    assert tuple(IDENTIFIERS) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_formula_is_one_math_element_in_display_style_with_its_identifiers(name: str):
    math = parse(mathml(name))
    assert math.tag == NAMESPACE + "math"
    assert math.get("displaystyle") == "true"
    assert " ".join(texts(math, "mi")) == IDENTIFIERS[name]


@pytest.mark.parametrize("name", NAMES)
def test_no_word_is_set_as_an_operator(name: str):
    assert [
        text for text in texts(parse(mathml(name)), "mo") if text.isalpha() and len(text) > 1
    ] == []


def test_the_numbers_of_a_model_stand_where_their_symbols_stood():
    assert texts(parse(mathml("attention", head_size=64)), "mn") == ["64"]
    assert texts(parse(mathml("heads_joined", heads=12)), "mn") == ["1", "12"]
    assert texts(parse(mathml("sinusoid_even", hidden_size=768)), "mn") == [
        "2",
        "10000",
        "2",
        "768",
    ]
    assert texts(parse(mathml("sparsity", threshold=0.005)), "mn") == ["1", "2", "0.005"]
    assert "GELU" in texts(parse(mathml("feed_forward", activation="gelu_new")), "mi")


def test_the_limits_of_a_sum_stand_under_it_wherever_it_is():
    sums = list(parse(mathml("uniformity")).iter(NAMESPACE + "munder"))
    assert [node[0].text for node in sums] == ["∑"]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("gelu", "GELU"),
        ("relu", "ReLU"),
        ("silu", "SiLU"),
        ("tanh", "tanh"),
        ("<b>x</b>", "bxb"),
        ("}{", "ACT"),
    ],
)
def test_an_activation_is_written_as_people_write_it(given: str, shown: str):
    assert activation_name(given) == shown


def test_the_same_formula_is_made_once():
    assert mathml("entropy") is mathml("entropy")


def test_an_unknown_formula_is_refused():
    with pytest.raises(InvalidChoice) as refused:
        mathml("dropout")
    assert str(refused.value) == (
        f"There is no formula 'dropout'. Choose one of {', '.join(IDENTIFIERS)}."
    )


def test_a_number_without_a_place_is_refused():
    with pytest.raises(InvalidChoice) as refused:
        mathml("projections", heads=3)
    assert (
        str(refused.value)
        == "The formula 'projections' has no place for 'heads'; it takes no numbers."
    )
    with pytest.raises(InvalidChoice) as refused:
        mathml("attention", heads=3)
    assert str(refused.value) == (
        "The formula 'attention' has no place for 'heads'; it takes head_size."
    )
