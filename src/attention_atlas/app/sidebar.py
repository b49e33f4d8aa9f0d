"""The sidebar: what this is, the sentence, the model, Generate All, layer and head."""

from __future__ import annotations

from htmltools import Tag, svg, tags

from attention_atlas.app.offered import Offered
from attention_atlas.app.settings import Settings
from attention_atlas.models.catalog import MODELS

OTHER_MODEL = "…"


def sidebar(settings: Settings) -> Tag:
    """The whole sidebar."""
    return tags.aside(
        tags.header(
            _mark(),
            tags.h1("Attention Atlas"),
            tags.button(
                tags.span(data_sheet_text=""),
                class_="sheet-toggle",
                type="button",
                aria_expanded="false",
                aria_controls="controls",
            ),
            class_="side-head",
        ),
        tags.div(
            tags.p(
                "See everything BERT does with a sentence: word pieces become vectors, vectors "
                "look at each other in every layer and head, and a word is predicted.",
                class_="about",
            ),
            _form(settings),
            _pickers(),
            _foot(),
            class_="controls",
            id="controls",
        ),
        class_="side",
        aria_label="Controls",
    )


def _mark() -> Tag:
    return svg.svg(
        svg.path(d="M3 12A9 9 0 0 1 21 12A9 9 0 0 1 3 12Z"),
        svg.path(d="M3 12C7 5.2 17 5.2 21 12", class_="hot", stroke_width="1.8"),
        svg.path(d="M3 12H21"),
        svg.path(d="M3 12C7 18.8 17 18.8 21 12"),
        svg.circle(class_="pole", cx="3", cy="12", r="1.9"),
        svg.circle(class_="pole", cx="21", cy="12", r="1.9"),
        class_="mark",
        viewBox="0 0 24 24",
        fill="none",
        stroke="currentColor",
        stroke_width="1.2",
        aria_hidden="true",
    )


def _form(settings: Settings) -> Tag:
    return tags.form(
        tags.div(
            tags.div(
                tags.label("Sentence", for_="sentence"),
                tags.span("up to 512 tokens", class_="hint num", id="count"),
                class_="field-head",
            ),
            _text_field(
                "sentence", "Write or paste a sentence", aria_describedby="count sentence-error"
            ),
            tags.p(
                _alert_icon(),
                tags.span(),
                class_="error",
                id="sentence-error",
                role="alert",
                hidden="",
            ),
            class_="field",
            id="sentence-field",
        ),
        tags.details(
            tags.summary("Second sentence ", tags.span("optional", class_="quiet")),
            _text_field(
                "pair", "Read together with the first, as segment B", aria_label="Second sentence"
            ),
            class_="pair",
        ),
        tags.div(
            tags.div(tags.label("Model", for_="model"), class_="field-head"),
            *_model_field(settings),
            tags.p(
                tags.span("Starting"), class_="shown", id="shown", role="status", data_tone="wait"
            ),
            tags.button(
                "What is this model?",
                type="button",
                class_="link about-model",
                id="about-model",
                aria_haspopup="dialog",
                hidden="",
            ),
            class_="field",
        ),
        tags.div(
            tags.button(
                tags.span(class_="fill"),
                tags.span(class_="pct num", aria_hidden="true"),
                tags.span("Generate All", class_="go-text"),
                tags.kbd("Ctrl ↵", aria_hidden="true"),
                class_="primary",
                type="submit",
                id="generate",
            ),
            tags.button("Cancel", type="button", class_="plain", id="cancel", hidden=""),
            tags.span(class_="vh", role="status", id="queue-place"),
            class_="go",
        ),
        id="form",
        novalidate="",
    )


def _model_field(settings: Settings) -> list[Tag]:
    offered = Offered(settings)
    known = {model.name: model.description for model in MODELS}
    names = list(offered.names) if settings.server else list(dict.fromkeys([*known, offered.first]))
    options = [
        tags.option(
            name,
            value=name,
            title=known.get(name),
            selected="" if name == offered.first else None,
        )
        for name in names
    ]
    if not settings.server:
        options.append(tags.option("Another model …", value=OTHER_MODEL))
    field = tags.span(
        tags.select(*options, id="model", data_shiny_no_bind_input="", autocomplete="off"),
        class_="select",
    )
    return [field] if settings.server else [field, _other_model()]


def _other_model() -> Tag:
    return tags.div(
        tags.input(
            id="other-model",
            data_shiny_no_bind_input="",
            type="text",
            aria_label="Folder or hub id of another model",
            placeholder="a folder here, or owner/name on the hub",
            spellcheck="false",
            autocomplete="off",
        ),
        tags.button("Load", type="button", class_="link", id="load-other"),
        class_="other-model",
        id="other-model-field",
        hidden="",
    )


def _text_field(id: str, placeholder: str, **attributes: str) -> Tag:
    return tags.textarea(
        id=id,
        rows="2",
        placeholder=placeholder,
        spellcheck="false",
        enterkeyhint="go",
        autocomplete="off",
        data_shiny_no_bind_input="",  # typing is nobody's business but the page's
        **attributes,
    )


def _pickers() -> Tag:
    return tags.div(
        _picker("layer", "Layer"),
        _picker("head", "Head"),
        tags.p(
            "In Python, where counting starts at 0",
            tags.code(
                tags.span(id="python"),
                tags.button("Copy", type="button", class_="link", id="copy-python"),
            ),
            class_="python",
        ),
        class_="pickers",
    )


def _picker(key: str, label: str) -> Tag:
    def arrow(step: int, sign: str, word: str) -> Tag:
        return tags.button(
            tags.kbd(sign),
            type="button",
            data_step=f"{key} {step}",
            aria_label=f"{word} {key}",
            title=f"{word} {key}",
        )

    return tags.div(
        tags.div(
            tags.span(label, class_="name", id=f"{key}-name"),
            tags.span(arrow(-1, "←", "Previous"), arrow(1, "→", "Next"), class_="keys"),
            class_="picker-head",
        ),
        tags.div(class_="segs", data_picker=key),
        role="radiogroup",
        aria_labelledby=f"{key}-name",
    )


def _foot() -> Tag:
    def theme(value: str, text: str) -> Tag:
        pressed = "true" if value == "dark" else "false"
        return tags.button(text, type="button", data_set_theme=value, aria_pressed=pressed)

    return tags.footer(
        tags.div(
            theme("dark", "Dark"),
            theme("light", "Light"),
            class_="themes",
            role="group",
            aria_label="Theme",
        ),
        tags.button("Glossary", type="button", id="open-glossary", aria_haspopup="dialog"),
        tags.button("Copy link", type="button", id="copy-link", title="Copy a link to this view"),
        tags.button("Save", type="button", id="open-saving", aria_haspopup="dialog", hidden=""),
        class_="side-foot",
    )


def _alert_icon() -> Tag:
    return svg.svg(
        svg.circle(cx="7", cy="7", r="6"),
        svg.path(d="M7 3.6v4.2M7 9.6v1"),
        viewBox="0 0 14 14",
        fill="none",
        stroke="currentColor",
        stroke_width="1.4",
        aria_hidden="true",
    )
