"""A burst of files: each stored at once, one reply for all of them (R71, L6)."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from handlers.bursts import PATIENCE
from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from storage import jobs
from storage.jobs import Job
from tests.corpus_files import make
from tests.filing import fill
from tests.talk import Talk


def sends(talk: Talk, number: int) -> str:
    """A photo that the platform keeps until it is fetched; the passive reply."""
    media = Media(media_id=f"m{number}")
    return talk.sends(InboundMessage("test", talk.name, f"p{number}", MessageKind.IMAGE, media=media)).text


def comes(
    talk: Talk, number: int, kind: str = "jpeg", name: str | None = None, field: str = "photos"
) -> Outcome:
    """The worker brought one of them and then ends its job."""
    content = make(kind, f"{number}", number, None) if kind != "unknown" else b"\x01\xff\x02"
    media = Media(
        name=name, sha256=hashlib.sha256(content).hexdigest(), size=len(content), format=kind, field=field
    )
    message = InboundMessage("test", talk.name, f"p{number}:fetched", MessageKind.FETCHED, media=media)
    outcome = talk.sends(message, passive=False).outcome
    with talk.database.writing() as session:
        job_id = session.scalar(select(Job.id).where(Job.dedupe_key == f"test:{talk.name}:p{number}"))
        jobs.settle(session, job_id or 0, 1, state="done", error=None)
    return outcome


def checksum(number: int, kind: str = "jpeg") -> str:
    return hashlib.sha256(make(kind, f"{number}", number, None)).hexdigest()[:8]


@pytest.fixture
def burst(talk: Talk) -> Talk:
    """Somebody at the photos."""
    fill(talk, until="photos")
    return talk


def test_photos_without_names_are_called_as_people_call_them(burst: Talk) -> None:
    """The platform sends no names, and the one that a file is kept under is no word of anybody's."""
    for number in range(3):
        sends(burst, number)
    for number in range(3):
        comes(burst, number)
    ((text, _),) = burst.waiting()
    later = [burst.says(said).text for said in ("主视图", "预览", "修改15", "删除2", "1")]
    assert ("成果照片1.jpeg" in text, "第2份（成果照片2.jpeg）" in later[0]) == (True, True)
    assert [said for said in (text, *later) if "photos-" in said] == []


def test_coming_back_to_photos_without_names_says_which_to_name(burst: Talk) -> None:
    """R66: 修改15 is what is offered for naming them later."""
    for number in range(3):
        sends(burst, number)
        comes(burst, number)
    burst.says("主视图")
    assert "第2、3份还没有名字" in burst.says("修改15").text
    burst.says("俯视图、应用现场")
    assert "还没有名字" not in burst.says("修改15").text


def test_nine_photos_get_one_reply_with_all_receipts(burst: Talk) -> None:
    passive = [sends(burst, number) for number in range(9)]
    assert "共有9个" in passive[-1]
    assert [comes(burst, number) for number in range(9)] == [Outcome.ACCEPTED] * 9
    assert len(burst.files("photos")) == 9
    ((text, _),) = burst.waiting()
    assert [number for number in range(9) if checksum(number) not in text] == []
    assert "已收9份" in text and text.count("起个名字") == 1


def test_what_is_held_waits_only_so_long(burst: Talk) -> None:
    sends(burst, 1)
    sends(burst, 2)
    comes(burst, 1)
    ((text, left),) = burst.waiting()
    assert left == PATIENCE and checksum(1) in text


def test_named_photos_end_with_the_next_question(burst: Talk) -> None:
    names = ["主视图.jpg", "俯视图.jpg", "应用现场.jpg", "侧视图.jpg"]
    for number in range(4):
        sends(burst, number)
    for number, name in enumerate(names):
        comes(burst, number, name=name)
    ((text, _),) = burst.waiting()
    assert "已收4份" in text and "第16项／共19项" in text
    assert burst.desk().asked == "videos"


def test_a_refusal_comes_at_once_with_what_was_received_before(burst: Talk) -> None:
    for number in range(3):
        sends(burst, number)
    comes(burst, 0)
    assert comes(burst, 1, kind="png") is Outcome.REJECTED
    comes(burst, 2)
    (first, _), (second, _) = burst.waiting()
    assert checksum(0) in first and "PNG" in first
    assert checksum(2) in second and "已收2份" in second


def test_two_people_do_not_share_a_burst(burst: Talk) -> None:
    other = Talk(burst.database, name="lina")
    fill(other, until="photos")
    sends(burst, 1)
    sends(other, 1)
    comes(burst, 1)
    ((text, _),) = burst.waiting()
    assert "已收1份" in text
    with burst.database.reading() as session:
        assert jobs.count_open(session, jobs.FETCH, "test:lina:") == 1


def test_nine_photos_at_the_wrong_question_are_asked_about_once(talk: Talk) -> None:
    """R111."""
    fill(talk, until="phone")
    for number in range(9):
        sends(talk, number)
    for number in range(9):
        comes(talk, number, field="phone")
    ((text, _),) = talk.waiting()
    assert "收到9个文件，请问放到哪一项" in text and text.count("已收到") == 1
    talk.says("3")
    assert len(talk.files("photos")) == 9


def test_a_refusal_among_them_does_not_hide_the_question(talk: Talk) -> None:
    fill(talk, until="phone")
    sends(talk, 1)
    sends(talk, 2)
    comes(talk, 1, field="phone")
    comes(talk, 2, kind="unknown", field="phone")
    ((text, _),) = talk.waiting()
    assert "不符合" in text and "请问放到哪一项" in text
