"""Commands about people: a new admin, and the code that binds the group."""

from __future__ import annotations

from pathlib import Path

import click

from bot.cli_options import with_config
from bot.config import Config, ConfigError

LONGEST_NAME = 40
OPERATOR = "operator"


@click.command("add-admin")
@click.argument("name")
@with_config
def add_admin(config: Config, config_file: Path, name: str) -> None:
    """Print what makes NAME an admin: a code to be sent to the bot, and a sign-in for the pages.

    For a name that is known already both are new, and those printed before are worth nothing.
    """
    from bot.starting import standing
    from handlers import accounts, admins

    name = _read_name(name)
    with standing(config) as found, found.database.writing() as session:
        admin, code = admins.add(session, name, now=found.now)
        one_time = accounts.issue_admin(session, found.campaign, admin, now=found.now)
        zone = found.campaign.zone
    until = (found.now + admins.LASTS).astimezone(zone)
    click.echo(f"私聊发给助手：绑定管理员 {code}（{until:%Y-%m-%d %H:%M} 前有效，只能用一次）")
    click.echo(f"网页登录：{config.server.public_url}/portal/sign-in")
    click.echo(f"用户名：{one_time.login}")
    click.echo(
        f"一次性密码：{one_time.password}（{one_time.until.astimezone(zone):%Y-%m-%d %H:%M} 前有效，首次登录须修改）"
    )


@click.command("bind-code")
@with_config
def bind_code(config: Config, config_file: Path) -> None:
    """Print a code that makes the chat in which it is said the group; the one printed before ends."""
    from bot.starting import standing
    from handlers import admins

    with standing(config) as found, found.database.writing() as session:
        code = admins.group_code(session, OPERATOR, now=found.now)
    until = (found.now + admins.LASTS).astimezone(found.campaign.zone)
    click.echo(f"在征集群里说：绑定 {code}（{until:%Y-%m-%d %H:%M} 前有效，只能用一次）")


def _read_name(name: str) -> str:
    """A name that can be shown; ConfigError for anything else."""
    from handlers.rules.cleaning import storable

    read = " ".join(storable(name).split())
    if not read or len(read) > LONGEST_NAME:
        raise ConfigError(f"NAME: write the admin's name, 1 to {LONGEST_NAME} characters")
    return read
