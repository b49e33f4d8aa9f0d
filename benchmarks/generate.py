"""Generate All against transformers' own eager pass with attentions and hidden states.

Ours is what a press on the button does before anything is drawn: the tokens, the pass, and of all
heads the metrics, the roles and the thumbnails. The shape is BERT-base's, the weights are random.
The two are run in turn, pair by pair, now one first and now the other, and the median of the
ratios is what counts. The ratio of the fastest runs is told beside it: it is what is left when
other programs of a busy machine come between.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
from transformers import BertConfig, BertForMaskedLM

from attention_atlas.app.exploring import explore
from attention_atlas.models.catalog import embedded_folder
from attention_atlas.models.families.bert import parts_of
from attention_atlas.models.model import Model
from benchmarks.texts import text_of

PAIRS = {16: 41, 128: 21, 512: 11}
"""How many pairs of runs, by how many tokens there are."""
MOST = 1.25
"""What the ratio may be."""


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
    print(
        f"Generate All / transformers' eager pass with all outputs (BERT-base shape, CPU, "
        f"{torch.get_num_threads()} threads); at most {MOST}"
    )
    print(
        f"{'tokens':>6}  {'ours s':>8}  {'theirs s':>8}  {'ratio':>6}  {'middle half':>12}"
        f"  {'fastest':>7}  pairs"
    )
    for n, pairs in PAIRS.items():
        print(f"{n:>6}  {compare(model, n, pairs)}", flush=True)


def compare(model: Model, n: int, pairs: int) -> str:
    """The cells of the row for n tokens."""
    text = text_of(n)
    ids = torch.tensor([model.tokenizer(text)["input_ids"]])
    assert ids.shape[1] == n

    def ours() -> object:
        made = explore(model, text, None)
        assert made.summary.roles
        return made

    @torch.inference_mode()
    def theirs() -> object:
        return model.parts.encoder(ids, output_attentions=True, output_hidden_states=True)

    for work in (ours, theirs):
        work()
    mine: list[float] = []
    other: list[float] = []
    for pair in range(pairs):
        both = [(mine, ours), (other, theirs)]
        for times, work in both if pair % 2 else reversed(both):
            times.append(seconds(work))
    ratios = [a / b for a, b in zip(mine, other, strict=True)]
    low, middle, high = statistics.quantiles(ratios, n=4)
    spread = f"{low:.2f} to {high:.2f}"
    return (
        f"{statistics.median(mine):>8.3f}  {statistics.median(other):>8.3f}  {middle:>6.2f}"
        f"  {spread:>12}  {min(mine) / min(other):>7.2f}  {pairs}"
        f"{'  missed' if middle > MOST else ''}"
    )


if __name__ == "__main__":
    main()
