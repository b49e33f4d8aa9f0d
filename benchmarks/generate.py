"""Generate All against transformers' own eager pass with attentions and hidden states.

The shape is BERT-base's, the weights are random. The two are run in turn, pair by pair, and the
median of the ratios is what counts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from transformers import BertConfig, BertForMaskedLM

from attention_atlas.app.generating import explore
from attention_atlas.models.catalog import embedded_folder
from attention_atlas.models.families.bert import parts_of
from attention_atlas.models.model import Model

LENGTHS = (16, 128, 512)
PAIRS = 9


def base_model() -> Model:
    """A random network of BERT-base's shape, with the embedded model's tokenizer."""
    from transformers import AutoTokenizer

    torch.manual_seed(0)
    config = BertConfig()
    config._attn_implementation = "eager"
    network = BertForMaskedLM(config).eval().requires_grad_(False)
    return Model(
        name="random BERT-base",
        source="folder",
        network=network,
        tokenizer=AutoTokenizer.from_pretrained(embedded_folder()),
        parts=parts_of(network),
        layers=12,
        heads=12,
        hidden_size=768,
        intermediate_size=3072,
        vocabulary_size=30522,
        max_tokens=512,
        segments=2,
        activation="gelu",
    )


def seconds(work: Callable[[], object]) -> float:
    """The wall time of one call."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def main() -> None:
    """Prints a row for each length."""
    model = base_model()
    print("Generate All / transformers' eager pass with all outputs (BERT-base shape, CPU)")
    print(f"{'tokens':>6}  {'ours s':>8}  {'theirs s':>8}  {'ratio':>6}  range of {PAIRS} pairs")
    for n in LENGTHS:
        text = " ".join(["cat"] * (n - 2))
        ids = torch.tensor([model.tokenizer(text)["input_ids"]])
        assert ids.shape[1] == n

        def ours(text: str = text) -> object:
            return explore(model, text, None)

        @torch.inference_mode()
        def theirs(ids: torch.Tensor = ids) -> object:
            return model.parts.encoder(ids, output_attentions=True, output_hidden_states=True)

        ours(), theirs()
        times = [(seconds(ours), seconds(theirs)) for _ in range(PAIRS)]
        ratios = sorted(a / b for a, b in times)
        mine, other = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"{n:>6}  {mine:>8.3f}  {other:>8.3f}  {statistics.median(ratios):>6.2f}"
            f"  {ratios[0]:.2f} to {ratios[-1]:.2f}"
        )


if __name__ == "__main__":
    main()
