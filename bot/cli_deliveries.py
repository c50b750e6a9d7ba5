"""Commands about what was sent: messages of which nobody knows whether they arrived."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli_options import with_config
from bot.config import Config, ConfigError

NUMBERS = click.argument("numbers", metavar="[ID…]", type=click.IntRange(min=1), nargs=-1)


@click.command()
@NUMBERS
@click.option(
    "--send-again", is_flag=True, help="Send the named messages again; some people may get them twice."
)
@click.option("--give-up", is_flag=True, help="Do not send the named messages again.")
@click.option("--all", "everything", is_flag=True, help="Every message that is listed, instead of ID….")
@with_config
def recover(
    config: Config,
    config_file: Path,
    numbers: tuple[int, ...],
    send_again: bool,
    give_up: bool,
    everything: bool,
) -> None:
    """List messages that may have arrived, or decide about them.

    A message is listed when the connection broke, or a worker was killed, before the platform's
    answer came. Ask one of those concerned whether it arrived; its text is not shown here.
    """
    is_decision = send_again or give_up
    if (
        (send_again and give_up)
        or is_decision == (not numbers and not everything)
        or (numbers and everything)
    ):
        raise click.UsageError("write one of --send-again and --give-up with ID… or --all, or none of them")
    if is_decision:
        _decide(config, None if everything else numbers, again=send_again)
    else:
        _list(config)


def _list(config: Config) -> None:
    from bot.starting import standing
    from handlers import deliveries

    with standing(config) as found, found.database.reading() as session:
        zone = found.campaign.zone
        for one in deliveries.list_unsure(session):
            whom = "group" if one.chat == "group" else f"…{one.ends}"
            at = f"{one.at.astimezone(zone):%Y-%m-%d %H:%M}"
            click.echo(f"{one.id}  {one.channel}  {one.kind}  {whom}  {at}  {one.reason}")


def _decide(config: Config, numbers: tuple[int, ...] | None, *, again: bool) -> None:
    from bot.starting import standing
    from handlers import deliveries

    try:
        with standing(config) as found, found.database.writing() as session:
            count = deliveries.decide(session, numbers, again=again, now=found.now)
    except ValueError as error:
        raise ConfigError(f"ID: no message in doubt has the number {error}; run: recover") from error
    click.echo(f"{'will be sent again' if again else 'given up'}: {count}")
