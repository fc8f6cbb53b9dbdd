"""Components are rendered, not printed as plain tags, and what people typed never becomes markup."""

from __future__ import annotations

import re

import pytest
from django.template import Context, Engine, engines
from django.test import RequestFactory


def render(source: str, **context) -> str:
    return engines["django"].from_string(source).render(context, RequestFactory().get("/list?q=a&state=x&after=1"))


def test_the_gallery_renders_every_component(client, db):
    html = client.get("/ui/").content.decode()
    assert "<c-" not in html
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "&amp;lt;" not in html  # and is not escaped twice


def test_without_the_component_loader_a_component_would_be_printed_plainly():
    """The trap that the loaders in the settings are there for: no error, just the tag."""
    plain = Engine(
        loaders=["django.template.loaders.app_directories.Loader"],
        builtins=["django_cotton.templatetags.cotton", "template_partials.templatetags.partials"],
    )
    assert "<c-icon" in plain.get_template("cotton/tone_icon.html").render(Context())


@pytest.mark.parametrize("value", ['"><script>x</script>', "' onclick='x", "{{ 7|add:1 }}", "[1, 2]", "{% now 'Y' %}"])
def test_a_value_stays_a_value_in_attribute_and_slot(value):
    html = render(
        '<c-fact label="{{ v }}" :copy="v">{{ v }}</c-fact><c-badge>{{ v }}</c-badge><c-alert :title="v" />', v=value
    )
    assert "<script>" not in html
    assert "' onclick='" not in html.replace("&#x27;", "")
    text = re.sub(r"<[^>]*>", "", html)
    assert "8" not in text.replace(value, "")
    assert "2026" not in text


def test_the_query_of_a_link_keeps_the_filters_and_forgets_the_cursor():
    assert render("{% load ui %}{% query state='y' %}") == "?q=a&amp;state=y"
    assert render("{% load ui %}{% query state='' %}") == "?q=a"
    assert render("{% load ui %}{% query after=7 %}") == "?q=a&amp;state=x&amp;after=7"


def test_a_wrong_field_keeps_what_was_typed_and_names_its_error_to_screen_readers(client, db):
    html = client.get("/ui/").content.decode()
    assert 'value="name@"' in html
    assert re.search(r'<input[^>]*name="email"[^>]*aria-invalid="true"', html)
    described = re.search(r'<input[^>]*name="email"[^>]*aria-describedby="([^"]+)"', html)
    assert described and all(f'id="{name}"' in html for name in described[1].split())


@pytest.mark.parametrize("name", ["400", "403", "403_csrf", "404", "500"])
def test_error_pages_render_without_any_context(name):
    from django.template.loader import get_template

    html = get_template(f"{name}.html").render()
    assert "<c-" not in html and "OpenKassa" in html


def test_the_language_switch_changes_the_page(client, db):
    assert '<html lang="ru">' in client.get("/ui/").content.decode()
    client.post("/language", {"language": "ky", "next": "/ui/"})
    assert '<html lang="ky">' in client.get("/ui/").content.decode()
