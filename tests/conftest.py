from __future__ import annotations

import os
from pathlib import Path

# Before anything of the package is imported, so that every signature is checked as it is used.
from jaxtyping import install_import_hook

install_import_hook(
    ["attention_atlas.tracing", "attention_atlas.analysis"], typechecker="beartype.beartype"
)
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import pytest  # noqa: E402  (the hook has to come first)
from hypothesis import HealthCheck, settings  # noqa: E402

from attention_atlas.models.loading import load_model  # noqa: E402
from attention_atlas.models.model import Model  # noqa: E402
from checkpoints import make_checkpoint  # noqa: E402

# How long an example takes is the machine's business, and it may be a busy one. The examples are
# the same each time: what they find meets who changes the code, and surprises nobody later.
settings.register_profile(
    "steady",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("steady")

# Browsers and servers are other processes, and a machine may give them no time when a test counts
# on it. Such a test is tried once more, and the report lists it; what fails twice has failed.
SECOND_TRY = pytest.mark.flaky(reruns=1)
OF_OTHER_PROCESSES = ("browser", "app", "models", "docs", "test_")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.relative_to(here).parts[0].startswith(OF_OTHER_PROCESSES):
            item.add_marker(SECOND_TRY)


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A random BERT of pairwise different sizes: 2 layers, 3 heads of 7, 11 wide, 37 tokens."""
    return load_model(str(make_checkpoint(tmp_path_factory.mktemp("tiny"))), device="cpu")


@pytest.fixture(scope="session")
def embedded() -> Model:
    """The model that comes with the package."""
    return load_model("embedded", device="cpu")
