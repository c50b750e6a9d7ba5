"""The documents keep up with the code: a fact in code is a fact on paper, and what paper names is there."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from bot.app import create_app
from bot.channels.official_account.faults import FAULTS
from bot.config import Config, known_keys
from bot.starting import prepare
from bot.wiring import wire
from handlers.commands import recognise
from tests.corpus_reading import submissions
from tests.source import ROOT, nodes
from tests.talk import campaign
from tests.test_wording import CHINESE

README = ROOT / "README.md"
ADR = ROOT / "docs" / "adr"
PAGES = (README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md")))
ENVIRONS = {"os.environ", "os.environ.get"}
ENVIRONMENT_READERS = ("bot", "handlers", "storage", "run.py", "tests/conftest.py")
LINK = re.compile(r"\]\(([^)\s]+)\)")
ADR_PARTS = ["## Context", "## Decision", "## Consequences"]


@cache
def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def documents() -> str:
    """The README and everything under docs/, without the decisions, which tell of their day."""
    return "\n".join(read(path) for path in PAGES if path.parent != ADR and path.name != "CHANGELOG.md")


def section(page: Path, title: str) -> str:
    """What stands under a heading, up to the next one that is not below it."""
    text = read(page)
    found = re.search(rf"^(#+) {re.escape(title)}$", text, re.MULTILINE)
    assert found is not None, f"{page.name} has no heading {title!r}"
    behind = text[found.end() :]
    following = re.search(rf"^#{{1,{len(found.group(1))}}} ", behind, re.MULTILINE)
    return behind[: following.start()] if following else behind


def first_cells(text: str) -> list[str]:
    """The first column of a table, without its head."""
    rows = [line for line in text.splitlines() if line.startswith("|")]
    return [row.split("|")[1].strip() for row in rows[2:]]


def quoted(text: str) -> list[str]:
    """What stands in backticks, outside of blocks of code."""
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", prose)


def commands() -> dict[str, click.Command]:
    from bot.cli import main

    return dict(main.commands)


def without(names: set[str], text: str) -> list[str]:
    """The names that do not stand in a text as words of their own."""
    return [name for name in sorted(names) if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)]


def test_every_command_is_documented() -> None:
    assert without(set(commands()), documents()) == []


def test_the_table_of_commands_has_exactly_those_there_are() -> None:
    named = [quoted(cell)[0].split()[0] for cell in first_cells(section(README, "Commands"))]
    assert sorted(named) == sorted(commands())


@pytest.mark.parametrize("name", commands())
def test_every_option_of_a_command_is_in_its_row(name: str) -> None:
    options = {
        option for parameter in commands()[name].params for option in parameter.opts if option[:2] == "--"
    }
    rows = [row for row in section(README, "Commands").splitlines() if re.match(rf"\| `{name}[ `]", row)]
    # Of all but one command, so it is told above the table.
    assert [without(options - {"--config"}, row) for row in rows] == [[]]


@pytest.mark.parametrize("table", known_keys())
def test_every_configuration_key_is_documented(table: str) -> None:
    rows = [row for row in section(README, "Configuration").splitlines() if row.startswith(f"| `[{table}]`")]
    assert [without(set(known_keys()[table]), row) for row in rows] == [[]]


def test_every_environment_variable_is_documented() -> None:
    """Those that are written out as such; a configuration key's is BOT_<TABLE>__<KEY> by rule."""
    texts = {node.value for _, node in nodes(ast.Constant, roots=ENVIRONMENT_READERS)}
    named = {text for text in texts if isinstance(text, str) and re.fullmatch(r"BOT(_[A-Z]+)+", text)}
    read_by_name = {name for _, name in _environment_reads()}
    # Set by the server and by run.py for their own processes, never by a person.
    assert without((named | read_by_name) - {"BOT_WITH_WORKER", "PYTHONPATH"}, documents()) == []


def _environment_reads() -> Iterator[tuple[str, str]]:
    """The names in `os.environ.get("NAME")` and `os.environ["NAME"]`, with their places."""
    for place, node in nodes(ast.Call, ast.Subscript, roots=ENVIRONMENT_READERS):
        asked = node.func if isinstance(node, ast.Call) else node.value
        name = (node.args[0] if node.args else None) if isinstance(node, ast.Call) else node.slice
        if ast.unparse(asked) in ENVIRONS and isinstance(name, ast.Constant) and "__" not in name.value:
            yield place, name.value


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_route_is_documented(database_url: str, tmp_path: Path) -> None:
    config = _everything_on(database_url, tmp_path)
    prepare(config)
    application = wire(config)
    try:
        rules = {rule.rule for rule in create_app(application).url_map.iter_rules()}
    finally:
        application.close()
    told = set(re.findall(r"`(?:[A-Z]+ )?(/[^`\s]*)`", section(ROOT / "docs" / "operating.md", "Health")))
    assert told == rules | {"/callback/official-account"}


def _everything_on(database_url: str, folder: Path) -> Config:
    channels = {"simulator": {"enabled": True}}
    storage = {"database_url": database_url, "files_url": (folder / "files").as_uri()}
    return Config.model_validate(
        {"server": {"secret_key": "x" * 32}, "storage": storage, "channels": channels}
    )


def test_every_code_of_the_platform_is_documented() -> None:
    cells = first_cells(section(ROOT / "docs" / "operating.md", "The platform's error codes"))
    assert sorted(int(code) for cell in cells for code in cell.split(", ")) == sorted(FAULTS)


def test_every_event_in_the_log_is_documented() -> None:
    levels = {"debug", "info", "warning", "error", "exception"}
    told = {
        name for cell in first_cells(section(ROOT / "docs" / "operating.md", "Logs")) for name in quoted(cell)
    }
    assert told == {
        call.args[0].value
        for _, call in nodes(ast.Call, roots=("bot",))
        if isinstance(call.func, ast.Attribute | ast.Name)
        and (getattr(call.func, "attr", None) in levels or getattr(call.func, "id", None) == "alarm")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_what_the_map_names_is_there() -> None:
    drawn = section(README, "Map").split("```")[1].strip().splitlines()
    folder, missing = Path(), []
    for line in drawn:
        names = [name for name in line[:18].split() if name]
        if not line.startswith(" "):
            folder = ROOT / names[0]
        missing += [
            name for name in names if not (folder if not line.startswith(" ") else folder / name).exists()
        ]
    assert missing == []


def test_every_folder_of_the_project_is_on_the_map() -> None:
    drawn = re.findall(r"^(\w+)/", section(README, "Map"), re.MULTILINE)
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] not in "._"}
    # Made by running the product, as .gitignore says.
    assert sorted(folders - {"var", "node_modules"}) == sorted(drawn)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [link for link in LINK.findall(read(page)) if not link.startswith(("http://", "https://"))]
    assert [link for link in links if not _resolves(page, link)] == []


def _resolves(page: Path, link: str) -> bool:
    place, _, anchor = unquote(link).partition("#")
    target = page.parent / place if place else page
    if not target.exists():
        return False
    return not anchor or anchor in _anchors(target)


def _anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", read(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_path_in_a_document_is_there() -> None:
    """Paths in backticks that begin with a folder of ours; patterns and examples are passed over."""
    ours = r"(?:bot|handlers|storage|templates|tests|benchmarks|docs|\.ci)/(?!.*NAME)[\w./-]+"
    named = {path for text in quoted(documents()) for path in re.findall(rf"^({ours})$", text)}
    assert [path for path in sorted(named) if not (ROOT / path).exists()] == []


def chat_words() -> list[str]:
    """What the README says one may send: submitters, then contacts and admins."""
    parts = ("申报人怎么用", "联系人和管理员怎么用")
    return [word for part in parts for cell in first_cells(section(README, part)) for word in quoted(cell)]


def test_every_chat_word_of_the_readme_is_one() -> None:
    pack = campaign().pack
    words = chat_words()
    understood = {word: recognise(word, pack) for word in words}
    assert [word for word, found in understood.items() if found is None or found.certainty != "exact"] == []


def test_the_readme_names_every_command_of_the_chat() -> None:
    pack = campaign().pack
    there = tomllib.loads(read(ROOT / "templates" / "chat" / "commands.toml"))
    words = [word.replace("CODE", "12345678") for word in chat_words()] + ["绑定管理员 12345678"]
    assert {found.name for word in words if (found := recognise(word, pack))} == set(there)


def test_the_chinese_section_is_chinese() -> None:
    """Each of its parts is there, and none is a heading alone."""
    text = section(README, "部署与使用")
    parts = re.findall(r"^### (.+)$", text, re.MULTILINE)
    assert [part for part in parts if len(CHINESE.findall(section(README, part))) < 3] == []
    assert len(parts) == 9


def test_every_decision_is_in_the_list() -> None:
    pages = [path.name for path in sorted(ADR.glob("[0-9]*.md"))]
    assert LINK.findall(read(ADR / "README.md")) == pages
    assert [name[:4] for name in pages] == [f"{number:04}" for number in range(1, len(pages) + 1)]


@pytest.mark.parametrize("path", sorted(ADR.glob("[0-9]*.md")), ids=lambda path: path.stem)
def test_every_decision_has_its_form(path: Path) -> None:
    lines = read(path).splitlines()
    title = lines[0].removeprefix(f"# {path.stem[:4]} ")
    assert f"[{path.stem[:4]}]({path.name}) | {title} |" in read(ADR / "README.md")
    assert re.fullmatch(r"(Accepted|Superseded by \d{4}), \d{4}-\d\d-\d\d\.", lines[2])
    assert [line for line in lines if line.startswith("#")][1:] == ADR_PARTS


def test_the_corpus_says_how_many_it_holds() -> None:
    assert "# Thirty submissions" in read(ROOT / "tests" / "corpus" / "README.md")
    assert len(submissions()) == 30
