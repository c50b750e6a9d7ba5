"""People and their addresses: one person for each, also when two processes meet somebody at once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from storage import people
from storage.db import Database
from storage.people import Address, Person
from tests.processes import Processes
from tests.storage.rows import NOON, add_person, meet


def test_new_person_can_be_reached_at_one_address(database: Database) -> None:
    with database.writing() as session:
        person_id = people.add(session, "test", "zhangwei", now=NOON, name="张伟")
    with database.reading() as session:
        address = people.find_address(session, "test", "zhangwei")
        assert address is not None
        assert (address.person_id, address.reachable, address.created_at) == (person_id, True, NOON)
        person = session.get_one(Person, person_id)
        assert (person.name, person.submission_id, person.asked, person.pending) == ("张伟", None, None, None)


def test_address_is_looked_for_on_its_channel(database: Database) -> None:
    with database.writing() as session:
        people.add(session, "simulator", "zhangwei", now=NOON)
    with database.reading() as session:
        assert people.find_address(session, "test", "zhangwei") is None


def test_same_address_on_two_channels_is_two_people(database: Database) -> None:
    with database.writing() as session:
        assert add_person(session) != add_person(session, channel="simulator")


def test_second_person_of_an_address_is_refused(database: Database) -> None:
    with database.writing() as session:
        add_person(session)
    with pytest.raises(IntegrityError), database.writing() as session:
        add_person(session)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Person)) == 1


def test_two_processes_meet_the_same_people(
    database: Database, database_url: str, processes: Processes
) -> None:
    for number in range(5):
        met = processes.together(meet, *[(database_url, f"person{number}")] * 2)
        assert sorted(met) == [False, True]
    with database.reading() as session:
        counts = [session.scalar(select(func.count()).select_from(table)) for table in (Person, Address)]
    assert counts == [5, 5]


def test_people_of_a_channel_in_the_order_in_which_they_came(database: Database) -> None:
    with database.writing() as session:
        for name in ("王芳", "李娜", "孙丽"):
            people.add(session, "simulator", f"sim-{name}", now=NOON, name=name)
        add_person(session)
    with database.reading() as session:
        listed = people.list_on_channel(session, "simulator")
        assert [(person.name, address.address) for person, address in listed] == [
            ("王芳", "sim-王芳"), ("李娜", "sim-李娜"), ("孙丽", "sim-孙丽")
        ]  # fmt: skip


def test_names_by_id(database: Database) -> None:
    with database.writing() as session:
        named = people.add(session, "test", "a", now=NOON, name="张伟")
        nameless = people.add(session, "test", "b", now=NOON)
        people.add(session, "test", "c", now=NOON, name="李娜")
        assert people.names(session, [named, nameless, 4711]) == {named: "张伟", nameless: None}
        assert people.names(session, []) == {}
