"""Every sentence that a person reads lies in a template; every template exists, is used and gets its values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest
from jinja2 import Environment, meta

from tests.source import ROOT, named, nodes, sources

CHAT = ROOT / "templates" / "chat"
SPEAKERS = {"say", "HandlerError", "Line"}
# These two hand on what they were given.
PASSING_ON = {"handlers/messages.py", "handlers/errors.py"}
# These speak to the people who run the product, and name it, a command or a page as those people do.
SPEAKS_CHINESE = {"bot/cli.py", "bot/cli_people.py", "bot/config.py", "bot/console.py"}
# A single character is a mark to split or match by, not a sentence.
# What `bot.wording` gives to every template.
GIVEN_TO_ALL = {"public_url"}
CHINESE = re.compile(r"[\u3400-\u9fff]{2}")
ENVIRONMENT = Environment(trim_blocks=True, lstrip_blocks=True)


def spoken() -> Iterator[tuple[str, ast.Call]]:
    """Every call that names a template, with its place."""
    for place, call in nodes(ast.Call, roots=("bot", "handlers")):
        if SPEAKERS & set(named(call.func)) and place.rsplit(":", 1)[0] not in PASSING_ON:
            yield place, call


def template_of(call: ast.Call) -> str | None:
    """The template that a call names as a literal string; None for anything else."""
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def templates() -> set[str]:
    return {path.relative_to(CHAT).as_posix().removesuffix(".txt") for path in CHAT.rglob("*.txt")}


def referred(name: str) -> set[str]:
    """The templates that a template includes, imports or extends."""
    tree = ENVIRONMENT.parse((CHAT / f"{name}.txt").read_text(encoding="utf-8"))
    return {other.removesuffix(".txt") for other in meta.find_referenced_templates(tree) if other}


def test_templates_are_named_literally() -> None:
    assert [place for place, call in spoken() if template_of(call) is None] == []


def test_every_used_template_exists() -> None:
    used = {f"{place} {template_of(call)}": template_of(call) for place, call in spoken()}
    assert {place for place, name in used.items() if name not in templates()} == set()
    assert {other for name in templates() for other in referred(name)} - templates() == set()


def test_every_template_is_used() -> None:
    used = {template_of(call) for _, call in spoken()}
    assert templates() - used - {other for name in templates() for other in referred(name)} == set()


def test_every_template_gets_the_values_that_it_names() -> None:
    """A name that nobody gives would fail only when somebody reads that message."""
    lacking = {}
    for place, call in spoken():
        path = CHAT / f"{template_of(call)}.txt"
        given = {keyword.arg for keyword in call.keywords}
        if path.exists() and None not in given:
            wanted = meta.find_undeclared_variables(ENVIRONMENT.parse(path.read_text(encoding="utf-8")))
            lacking[f"{place} {template_of(call)}"] = wanted - given - GIVEN_TO_ALL
    assert {place: names for place, names in lacking.items() if names} == {}


@pytest.mark.parametrize("package", ["bot", "handlers", "storage"])
def test_code_holds_no_sentences(package: str) -> None:
    """Chinese stands in docstrings, in patterns and in tables of words that people say, not in what they read.

    A table is a constant of the module, named in capitals; what is shown comes from a template or a pack.
    """
    found = [
        f"{path}:{node.lineno} {node.value}"
        for path, module in sources(package).items()
        if path not in SPEAKS_CHINESE
        for node in texts(module)
        if CHINESE.search(node.value)
    ]
    assert found == []


def texts(module: ast.Module) -> Iterator[ast.Constant]:
    """The string constants of a module that stand in none of the places where Chinese may."""
    places = (*docstrings(module), *tables(module), *patterns(module))
    allowed = {id(node) for place in places for node in ast.walk(place)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in allowed:
            yield node


def docstrings(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node


def tables(module: ast.Module) -> Iterator[ast.AST]:
    for node in module.body:
        targets = (
            node.targets
            if isinstance(node, ast.Assign)
            else [node.target]
            if isinstance(node, ast.AnnAssign)
            else []
        )
        if any(name.isupper() for target in targets for name in named(target)):
            yield node


def patterns(module: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(module):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and named(node.func.value) == ["re"]
        ):
            yield node
