"""Thirty people file from 我要申报 to 提交 over HTTP, and the export gives back what they said."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.db import Database
from tests.corpus_reading import submissions
from tests.fakes.wechat_api import WechatApi
from tests.filing import fill
from tests.scenarios.conftest import MakeServer
from tests.scenarios.expected import entries_of, handed_in
from tests.scenarios.phones import SimulatorPhone, all_fill_in, follower
from tests.serving import Server
from tests.talk import Talk

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ON_POSTGRES = pytest.mark.parametrize(
    "database_url", [pytest.param("postgresql", marks=pytest.mark.postgresql)], indirect=True
)
# Scans as pictures and as PDF, every kind of document, all that is awkward.
SAMPLE = [one for one in submissions() if one.id[:2] in ("02", "21", "25", "28", "29", "30")]


@ON_SQLITE
def test_the_corpus_by_callback(make_server: MakeServer, wechat: WechatApi, tmp_path: Path) -> None:
    """Sixty people at two servers, one called in plain and one in AES mode."""
    modes = ("plain", "aes")
    servers = [make_server(database_url=f"sqlite:///{tmp_path.as_posix()}/{mode}.db") for mode in modes]
    for server in servers:
        server.start()
    phones = [
        [follower(server, wechat, mode) for _ in submissions()]
        for server, mode in zip(servers, modes, strict=True)
    ]
    all_fill_in([*phones[0], *phones[1]], submissions() * 2)
    for phone in (*phones[0], *phones[1]):
        phone.says("提交")
    for server in servers:
        assert entries_of(server.export()) == handed_in(submissions(), names_travel=False)
        assert "Traceback" not in server.log()


@ON_SQLITE
def test_the_corpus_by_simulator(server: Server) -> None:
    phones = [SimulatorPhone(server.url, one.id) for one in submissions()]
    all_fill_in(phones, submissions())
    for phone in phones:
        phone.says("提交")
    exported = server.export()
    assert entries_of(exported) == handed_in(submissions(), names_travel=True)
    names = {entry["submitter"]["name"] for entry in exported["submissions"]}
    assert names == {one.id for one in submissions()}


@ON_POSTGRES
def test_a_sample_on_postgresql(server: Server, wechat: WechatApi) -> None:
    phones = [follower(server, wechat, "aes") for _ in SAMPLE]
    all_fill_in(phones, SAMPLE)
    for phone in phones:
        phone.says("提交")
    assert entries_of(server.export()) == handed_in(SAMPLE, names_travel=False)


@ON_SQLITE
def test_a_document_that_cannot_be_fetched_leaves_an_honest_draft(
    server: Server, wechat: WechatApi, database: Database
) -> None:
    """The platform as it is today: of a document it tells the name and keeps the content to itself."""
    phone = follower(server, wechat)
    fill(Talk(database, name=phone.openid, channel="official_account"), until="quiz")
    kept = entries_of(server.export())
    title = "车门防夹校验题库.docx"
    heard = phone.platform.deliver(phone.platform.file(phone.openid, title, 15_818))
    assert title in heard
    refused = phone.says("提交")
    assert ("修改17" in refused, "修改15" in refused) == (True, False)
    assert entries_of(server.export()) == kept
    assert (kept[0]["state"], kept[0]["number"], kept[0]["acts"]) == ("draft", None, ["open"])
