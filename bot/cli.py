"""The command line: each command wires what it needs and calls the same handlers as the chat."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from bot.cli_deliveries import recover
from bot.cli_duties import due, status, tick
from bot.cli_options import PORT, with_config
from bot.cli_people import add_admin, bind_code
from bot.config import Config, ConfigError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """五小征集助手: a chat bot that collects workers' 五小 results."""


@main.command()
@click.option("--host", help="Instead of [server] host.")
@click.option("--port", type=PORT, help="Instead of [server] port.")
@with_config
def serve(config: Config, config_file: Path, host: str | None, port: int | None) -> None:
    """Web and worker in one process; migrates the database first."""
    from bot.serving import serve as run
    from bot.starting import prepare

    prepare(config)
    run(_listening(config, host, port), config_file, workers=1, with_worker=True)


@main.command()
@click.option("--host", help="Instead of [server] host.")
@click.option("--port", type=PORT, help="Instead of [server] port.")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes.")
@with_config
def web(config: Config, config_file: Path, host: str | None, port: int | None, workers: int) -> None:
    """Web processes only; run upgrade-db, load-pack and worker beside them."""
    from bot.serving import serve as run
    from bot.starting import require_ready

    require_ready(config)
    run(_listening(config, host, port), config_file, workers=workers, with_worker=False)


@main.command()
@with_config
def worker(config: Config, config_file: Path) -> None:
    """Timed work only: files are fetched, messages delivered. A second one stands by."""
    from bot.starting import require_ready, work_until_told_to_stop

    require_ready(config)
    work_until_told_to_stop(config)


@main.command("upgrade-db")
@with_config
def upgrade_db(config: Config, config_file: Path) -> None:
    """Migrate the database to the newest schema and load the pack if none is in force."""
    from bot.starting import prepare

    prepare(config)
    click.echo("database and pack are ready")


@main.command()
@with_config
def check(config: Config, config_file: Path) -> None:
    """Say what is wrong with configuration, database, storage and channels, and what to write instead."""
    from bot.checking import findings

    problems = False
    for finding in findings(config):
        click.echo(f"{'ok  ' if finding.ok else 'FAIL'}  {finding.subject}: {finding.said}")
        problems = problems or not finding.ok
    sys.exit(1 if problems else 0)


@main.command("load-pack")
@click.argument("name")
@click.option("--diff", is_flag=True, help="Show the difference and change nothing.")
@with_config
def load_pack(config: Config, config_file: Path, name: str, diff: bool) -> None:
    """Put a pack in force, showing first what differs from the one in force."""
    from bot.starting import load_pack as load

    for line in load(config, name, only_show=diff):
        click.echo(line)


@main.command()
@click.option("--format", "form", type=click.Choice(["json"]), default="json", show_default=True)
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="A file, or - for standard output."
)
@click.option("--union", "union_code", help="Only this union, by its code.")
@with_config
def export(config: Config, config_file: Path, form: str, output: Path, union_code: str | None) -> None:
    """Write all submissions, drafts included."""
    from bot.starting import export_json

    text = json.dumps(export_json(config, union_code), ensure_ascii=False, indent=2)
    if str(output) == "-":
        click.echo(text)
        return
    try:
        output.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"--output: {output} cannot be written ({error.strerror}); name a file in a folder that is there"
        ) from error


@main.command()
@click.option(
    "--person", default="张伟", show_default=True, help="Whom to be; the same name goes on where it stopped."
)
@with_config
def console(config: Config, config_file: Path, person: str) -> None:
    """Chat in the terminal."""
    from bot.console import chat

    chat(config, person)


@main.command()
@click.option("--port", type=PORT, default=8000, show_default=True)
@click.option("--data", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
@click.option("--fresh", is_flag=True, help="Start over: forget what this folder's demonstration holds.")
def demo(port: int, data: Path, fresh: bool) -> None:
    """Everything at once on this machine: SQLite, local files, the simulator, the clock at the first day."""
    from bot.demo import lay_out, prepare_demo
    from bot.logging import set_up_logging
    from bot.serving import require_free_port
    from bot.serving import serve as run

    try:
        config, config_file = lay_out(data, port=port, fresh=fresh)
        set_up_logging(config.log)
        require_free_port(config)
        prepare_demo(config)
    except ConfigError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"五小征集助手 http://127.0.0.1:{port}/simulator/", err=False)
    sys.stdout.flush()
    run(config, config_file, workers=1, with_worker=True)


def _listening(config: Config, host: str | None, port: int | None) -> Config:
    """The configuration with the command line's address."""
    changes = {key: value for key, value in (("host", host), ("port", port)) if value is not None}
    return (
        config.model_copy(update={"server": config.server.model_copy(update=changes)}) if changes else config
    )


for command in (add_admin, bind_code, status, due, tick, recover):
    main.add_command(command)
