"""Whether the database holds every reply that was given out."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import create_engine, make_url, text

from benchmarks.load import Person


def missing(database_url: str, people: Sequence[Person]) -> int:
    """How many answered messages of these people the log of inbound messages lacks.

    More may be there than were answered: a reply that came too late is kept for the repeat.
    """
    address = make_url(database_url)
    if address.get_backend_name() == "postgresql":
        address = address.set(drivername="postgresql+psycopg")
    engine = create_engine(address)
    answered = {person.name: len(person.replies) for person in people if person.replies}
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT sender, count(*) FROM inbound_messages GROUP BY sender"))
        found = {sender: count for sender, count in rows if sender in answered}
    engine.dispose()
    return sum(max(0, count - found.get(name, 0)) for name, count in answered.items())
