"""Every text is in the catalogues, translated, with the same placeholders."""

from __future__ import annotations

import re

import pytest

from openkassa.ui.messages import LANGUAGES, is_translated, read_catalogue, template_texts, texts


def key(text) -> str:
    return text[0] if isinstance(text, tuple) else text


@pytest.fixture(scope="module")
def used() -> set[str]:
    return {key(text) for text in texts()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_has_every_text_and_no_other(used, language):
    known = {key(message.id) for message in read_catalogue(language) if message.id}
    # Bring it up to date with: python -m openkassa.ui.messages
    assert used - known == set()
    assert known - used == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated_in_every_plural_form(language):
    catalogue = read_catalogue(language)
    assert [message.id for message in catalogue if message.id and not is_translated(message)] == []
    assert not any(message.fuzzy for message in catalogue if message.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_translation_keeps_the_placeholders(language):
    for message in read_catalogue(language):
        if message.id:
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            for string in strings:
                assert sorted(re.findall(r"%\(\w+\)s", string)) == sorted(re.findall(r"%\(\w+\)s", key(message.id)))


def test_texts_of_templates_are_found_wherever_they_stand():
    source = """<c-page title="{% translate 'In an attribute' %}">{{ x|default:_("In a filter") }}
    {% blocktranslate count n=x %}{{ n }} thing{% plural %}{{ n }} things{% endblocktranslate %}
    {# {% translate "In a comment" %} #}{% blocktranslate trimmed %}
      Two
      lines{% endblocktranslate %}</c-page>"""
    assert list(template_texts(source)) == [
        "In an attribute",
        "In a filter",
        ("%(n)s thing", "%(n)s things"),
        "Two lines",
    ]


def test_a_text_without_translation_would_be_noticed():
    """The check above looks at real catalogues; this shows that it can fail."""
    from babel.messages.catalog import Catalog

    catalogue = Catalog(locale="ru")
    catalogue.add(("%(n)s thing", "%(n)s things"), ("раз", "два", ""))
    assert not is_translated(catalogue.get("%(n)s thing"))
