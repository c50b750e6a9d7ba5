"""Where a configuration comes from, and the sentence for each thing that is wrong with it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr, ValidationError

Place = tuple[str, ...]

_WANTED = {
    "int": "a whole number",
    "bool": "true or false",
    "date": "a date such as 2024-04-10",
    "time": 'a time such as "21:00"',
    "string": "text in quotes",
}


def read_file(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; ValueError with a sentence if there is none or it cannot be read."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as error:
        raise ValueError("there is no such file; copy config.example.toml to it, or name another") from error
    except OSError as error:
        raise ValueError(f"cannot be read ({error.strerror}); name a file that this user may read") from error
    except UnicodeDecodeError as error:
        raise ValueError("is not UTF-8; save it again with the encoding UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(
            f"is not TOML: {error}; write key = value, text in straight double quotes"
        ) from error


def overlay(values: dict[str, Any], env: Mapping[str, str]) -> dict[Place, str]:
    """Put each `BOT_<TABLE>__<KEY>` over the file's value; returns the variable's name by its place."""
    variables: dict[Place, str] = {}
    for variable in sorted(env):
        place = tuple(variable.removeprefix("BOT_").lower().split("__"))
        if not variable.startswith("BOT_") or len(place) < 2:
            continue
        table: Any = values
        for name in place[:-1]:
            table = table.setdefault(name, {}) if isinstance(table, dict) else None
        if isinstance(table, dict):
            table[place[-1]] = env[variable]
            variables[place] = variable
    return variables


def sentences(
    error: ValidationError, model: type[BaseModel], variables: Mapping[Place, str]
) -> Iterator[str]:
    """One line for each problem: file or environment, table, key, what is wrong, what to write instead."""
    for fault in error.errors(include_url=False):
        place = tuple(str(part) for part in fault["loc"]) + fault.get("ctx", {}).get("at", ())
        if fault["type"] == "extra_forbidden":
            yield _unknown(place, model, variables)
        elif fault["type"] == "model_type":
            yield f"{'.'.join(place)}: is not a table; write [{'.'.join(place)}] and the keys below it"
        else:
            yield f"{_where(place, variables)}: {_reason(fault, _type_of(model, place))}"


def keys(model: type[BaseModel]) -> dict[str, tuple[str, ...]]:
    """Every table with its keys, in order: {"server": ("host", …), "channels.simulator": (…)}."""
    return dict(_tables(model, ()))


def _tables(model: type[BaseModel], at: Place) -> Iterator[tuple[str, tuple[str, ...]]]:
    inner = {name: table for name in model.model_fields if (table := _table(model, name))}
    own = tuple(name for name in model.model_fields if name not in inner)
    if own:
        yield ".".join(at), own
    for name, table in inner.items():
        yield from _tables(table, (*at, name))


def _table(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    annotation = model.model_fields[name].annotation if name in model.model_fields else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _type_of(model: type[BaseModel], place: Place) -> Any:
    holder = _model_at(model, place[:-1])
    return holder.model_fields[place[-1]].annotation if place[-1] in holder.model_fields else None


def _model_at(model: type[BaseModel], place: Place) -> type[BaseModel]:
    for name in place:
        model = _table(model, name) or model
    return model


def _where(place: Place, variables: Mapping[Place, str]) -> str:
    return variables.get(place) or f"[{'.'.join(place[:-1])}] {place[-1]}"


def _unknown(place: Place, model: type[BaseModel], variables: Mapping[Place, str]) -> str:
    """A name that nothing reads, with the nearest that something does."""
    *outer, name = place
    holder = _model_at(model, tuple(outer))
    if any(_table(holder, known) for known in holder.model_fields):
        said = f"[{'.'.join(place)}]: unknown table"
        known = [f"[{'.'.join((*outer, other))}]" for other in holder.model_fields]
        near = [f"[{'.'.join((*outer, other))}]" for other in get_close_matches(name, holder.model_fields, 1)]
    else:
        said = f"{_where(place, variables)}: unknown key"
        known = list(holder.model_fields)
        near = get_close_matches(name, holder.model_fields, 1, cutoff=0.5)
    if near and place in variables:
        near = ["BOT_" + "__".join((*outer, *near)).upper()]
    return f"{said}; " + (f"write {near[0]}" if near else f"known are: {', '.join(known)}")


def _reason(fault: Any, wanted: Any) -> str:
    """What is wrong with a value; a secret is not repeated."""
    kind, context = fault["type"], fault.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if "at" in context:
        return str(fault["msg"])
    value = "this value" if wanted is SecretStr else repr(fault["input"])
    instead = {
        "greater_than_equal": f"at least {context.get('ge')}",
        "less_than_equal": f"at most {context.get('le')}",
        "literal_error": f"one of {context.get('expected')}",
        "string_pattern_mismatch": "lower-case letters, digits and hyphens",
        "string_too_short": "something, not nothing",
    }.get(kind) or _WANTED.get(kind.partition("_")[0], str(fault["msg"]))
    return f"{value} cannot be used; write {instead}"
