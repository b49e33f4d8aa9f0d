from __future__ import annotations

import subprocess
import sys

import attention_atlas as aa


def in_a_clean_interpreter(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout


def test_importing_the_package_loads_nothing_heavy():
    heavy = {"torch", "transformers", "shiny", "plotly", "matplotlib", "anywidget"}
    code = f"import sys, attention_atlas; print(sorted({heavy!r} & sys.modules.keys()))"
    assert in_a_clean_interpreter(code) == "[]\n"


def test_naming_the_tracing_and_the_metrics_does_not_load_torch():
    code = (
        "import sys, attention_atlas as aa\n"
        "aa.trace, aa.metrics, aa.Trace, aa.Model, aa.AttentionMetrics, aa.load_model\n"
        "import attention_atlas.tracing.tensors, attention_atlas.analysis.heads\n"
        "print(sorted({'torch', 'transformers', 'shiny'} & sys.modules.keys()))"
    )
    assert in_a_clean_interpreter(code) == "[]\n"


def test_functions_stay_functions_when_their_modules_are_imported():
    code = (
        "import attention_atlas.tracing.trace, attention_atlas.analysis.metrics\n"
        "import attention_atlas as aa\n"
        "import attention_atlas.models.loading\n"
        "print(callable(aa.trace), callable(aa.metrics), callable(aa.load_model))"
    )
    assert in_a_clean_interpreter(code) == "True True True\n"


def test_everything_that_is_announced_is_there():
    assert {name: getattr(aa, name, None) is not None for name in aa.__all__} == dict.fromkeys(
        aa.__all__, True
    )
    assert set(aa.__all__) <= set(dir(aa))
    assert issubclass(aa.errors.EmptyText, aa.errors.AttentionAtlasError)


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(aa, "attention")
