"""The documents name every command and every configuration key; a fact in code is a fact on paper."""

from __future__ import annotations

import re
from functools import cache

import click
import pytest

from bot.config import known_keys
from tests.source import ROOT


@cache
def documents() -> str:
    """The README and everything under docs/, without the decisions, which tell of their day."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def commands() -> dict[str, click.Command]:
    from bot.cli import main

    return dict(main.commands)


def test_every_command_is_documented() -> None:
    assert [name for name in commands() if not re.search(rf"(?<![\w-]){name}(?![\w-])", documents())] == []


def test_every_option_of_a_command_is_documented() -> None:
    options = {
        option
        for command in commands().values()
        for parameter in command.params
        for option in parameter.opts
        if option.startswith("--")
    }
    assert [option for option in sorted(options) if not re.search(rf"{option}(?![\w-])", documents())] == []


@pytest.mark.parametrize("table", known_keys())
def test_every_configuration_key_is_documented(table: str) -> None:
    assert f"[{table}]" in documents()
    assert [key for key in known_keys()[table] if not re.search(rf"\b{key}\b", documents())] == []
