"""The simulator's 征集群: whether the bot is bound to it, and the poster by which people enter it."""

from __future__ import annotations

import io

from flask import Response, jsonify, send_file

from bot.papers import draw
from bot.wiring import Application
from handlers import groups, posters, simulation


class GroupDesk:
    """What the group pane asks beside messages."""

    def __init__(self, application: Application) -> None:
        self._application = application

    def group(self) -> Response:
        """`bound` says that the campaign's group is the simulator's own."""
        campaign = self._application.campaign()
        with self._application.database.reading() as session:
            group = groups.bound(session, campaign)
        is_here = group is not None and group.channel == simulation.CHANNEL
        return jsonify(bound=is_here, name=campaign.pack.group_name)

    def poster(self) -> Response:
        """The poster as the bot would issue it now; scanning it is an event with its scene."""
        campaign = self._application.campaign()
        issued = posters.of_group(campaign, posters.group_until(campaign, now=self._application.clock.now()))
        drawn = draw(issued.kind, issued.facts, public_url=self._application.config.server.public_url)
        return send_file(io.BytesIO(drawn.content), mimetype=drawn.mimetype)
