"""Commands about duties: who owes what, what would be sent, and doing what is due once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from bot.cli_options import with_config
from bot.config import Config, ConfigError

if TYPE_CHECKING:
    from handlers.duties import Board, UnionDuty
    from handlers.letters import Planned
    from handlers.standings import Standing, Table


@click.command()
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@with_config
def status(config: Config, config_file: Path, as_json: bool) -> None:
    """Who owes what: one row for each union, in the order of the notice."""
    from bot.starting import standing
    from handlers import duties, standings

    with standing(config) as found, found.database.reading() as session:
        board = duties.board(session, found.campaign, duties.SYSTEM, now=found.now)
        table = standings.table(session, found.campaign, duties.SYSTEM, now=found.now)
    if as_json:
        _print_json(standings.add_to_json(duties.as_json(board), table))
        return
    for line in _table(board, table):
        click.echo(line)


def _table(board: Board, table: Table) -> list[str]:
    """Codes instead of names, so that the columns stand in any terminal."""
    counts = f"{'drafted':>8}{'counted':>8}{'minimum':>8}{'rank':>6}{'change':>8}"
    head = f"{'union':<12}{'form':<12}{'group':<7}{'account':<11}{counts}  owed"
    rows = [_row(row, table.by_code[row.union.code]) for row in board.rows]
    total = board.total
    foot = f"{'total':<42}{total.drafted:>8}{total.counted:>8}{total.minimum:>8}"
    return [head, *rows, foot]


def _row(row: UnionDuty, standing: Standing) -> str:
    owed = " ".join(f"{duty}!" if duty in row.overdue else duty for duty in row.owed)
    in_group = "yes" if row.in_group else "no"
    said = f"{row.union.code:<12}{row.form.state:<12}{in_group:<7}{row.account:<11}"
    change = f"{standing.change:+}" if standing.change else "0"
    rank = str(standing.rank) if standing.counted else "-"
    place = f"{rank:>6}{change:>8}"
    return f"{said}{row.drafted:>8}{row.counted:>8}{row.minimum:>8}{place}  {owed}".rstrip()


@click.command()
@click.option(
    "--until", "until", required=True, help="A time, as 2024-06-12T09:00; without a zone the campaign's."
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@with_config
def due(config: Config, config_file: Path, until: str, as_json: bool) -> None:
    """List what would be sent until then if everything stayed as it is; nothing is sent."""
    from bot.starting import standing
    from handlers import agenda

    with standing(config) as found, found.database.reading() as session:
        instant = read_instant(until, found.campaign.zone, "--until")
        planned = agenda.forecast(
            session, found.campaign, found.campaign.reminders, until=instant, now=found.now
        )
    _print(planned, as_json=as_json)


@click.command()
@click.option(
    "--now", "now", required=True, help="A time, as 2024-06-12T09:00; without a zone the campaign's."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@with_config
def tick(config: Config, config_file: Path, now: str, dry_run: bool, as_json: bool) -> None:
    """Do everything that is due at that instant, once: reminders, broadcasts, deliveries, retries."""
    from bot.starting import standing
    from handlers import agenda

    with standing(config) as found, found.database.reading() as session:
        instant = read_instant(now, found.campaign.zone, "--now")
        planned = agenda.forecast(
            session, found.campaign, found.campaign.reminders, until=instant, now=instant
        )
    _print(planned if dry_run else _do(config, instant), as_json=as_json)


def _do(config: Config, instant: datetime) -> Sequence[Planned]:
    """What was told, by this process and not by another at the same time."""
    from bot.timed import write_due
    from bot.wiring import wire

    application = wire(config)
    application.clock.move_to(instant)
    try:
        told = write_due(application, now=instant)
        application.worker.work(application.clock.now)
        application.dispatcher.deliver(application.clock.now)
    finally:
        application.close()
    return told


def read_instant(said: str, zone: ZoneInfo, option: str) -> datetime:
    """A time of day in the campaign's zone unless it names its own; ConfigError for anything else."""
    try:
        instant = datetime.fromisoformat(said)
    except ValueError as error:
        raise ConfigError(f"{option}: {said!r} is no time; write one as 2024-06-12T09:00") from error
    return instant.astimezone(zone) if instant.tzinfo else instant.replace(tzinfo=zone)


def _print(planned: Sequence[Planned], *, as_json: bool) -> None:
    if as_json:
        _print_json([one.as_json() for one in planned])
        return
    for one in planned:
        click.echo(f"{one.at:%Y-%m-%d %H:%M}  {one.to:<14}  {one.reason}")


def _print_json(content: object) -> None:
    click.echo(json.dumps(content, ensure_ascii=False, indent=2))
