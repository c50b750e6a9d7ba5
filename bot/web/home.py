"""The front page: what this is, and links to what is switched on."""

from __future__ import annotations

from flask import Blueprint, render_template

from bot.wiring import Application


def blueprint(application: Application) -> Blueprint:
    page = Blueprint("home", __name__)

    @page.get("/")
    def index() -> str:
        campaign = application.campaign()
        return render_template(
            "home.html",
            pack=campaign.pack,
            dates=campaign.dates,
            simulator_enabled=application.config.channels.simulator.enabled,
        )

    return page
