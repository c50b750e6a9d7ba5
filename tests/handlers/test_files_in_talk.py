"""Files in the chat: into the open field, into the one they fit, or a reason why not (R66–R79, R111)."""

from __future__ import annotations

import re

import pytest

from handlers.messages import InboundMessage, Media, MessageKind, Outcome
from tests.corpus_files import make
from tests.filing import answer, fill
from tests.talk import Talk

SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def photo(seed: int, size: int | None = None, name: str = "IMG_0001.jpg") -> bytes:
    return make("jpeg", name, seed, size)


def test_three_photos_of_which_two_need_a_name(talk: Talk) -> None:
    """R66, R71."""
    fill(talk, until="photos")
    assert talk.gives(photo(1), "IMG_0001.jpg").asked == "photos"
    assert talk.gives(photo(2), "mmexport1712999999.jpg").asked == "photos"
    assert "还差1份" in talk.gives(photo(3), "IMG_0001.jpg").text or talk.files("photos")[2:]
    assert talk.says("完成").outcome is Outcome.REJECTED
    wrong = talk.says("主视图、俯视图")
    assert wrong.outcome is Outcome.REJECTED and "对不上" in wrong.text
    named = talk.says("主视图、俯视图\n应用现场")
    assert (named.outcome, named.asked) == (Outcome.ACCEPTED, "videos")
    assert [file["caption"] for file in talk.files("photos")] == ["主视图", "俯视图", "应用现场"]


def test_two_photos_block_the_submission(talk: Talk) -> None:
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    talk.gives(photo(2), "俯视图.jpg")
    talk.says("跳过")
    assert "photos" in talk.missing()
    assert "已收到一部分" in talk.says("还差什么").text


@pytest.mark.parametrize(
    ("size", "outcome"),
    [
        (999_999, Outcome.REJECTED),
        (1_000_000, Outcome.ACCEPTED),
        (10_485_760, Outcome.ACCEPTED),
        (10_485_761, Outcome.REJECTED),
    ],
)
def test_the_size_of_a_photo_to_the_byte(talk: Talk, size: int, outcome: Outcome) -> None:
    """R69, A24."""
    fill(talk, until="photos")
    content = photo(1) if size >= 1_001_001 else b"\xff\xd8\xff\xe0" + bytes(size - 6) + b"\xff\xd9"
    content = content[:-2] + bytes(size - len(content)) + content[-2:] if len(content) < size else content
    assert len(content) == size
    assert talk.gives(content, "主视图.jpg").outcome is outcome


def test_a_png_named_jpg_is_known_by_its_content(talk: Talk) -> None:
    """R67."""
    fill(talk, until="photos")
    heard = talk.gives(make("png", "主视图.jpg", 1, None), "主视图.jpg")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION or "PNG" in heard.text
    assert talk.files("photos") == []


def test_the_same_photo_twice_counts_once(talk: Talk) -> None:
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    assert talk.gives(photo(1), "俯视图.jpg").outcome is Outcome.REJECTED
    assert len(talk.files("photos")) == 1


def test_removing_one_asks_first(talk: Talk) -> None:
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    talk.gives(photo(2), "俯视图.jpg")
    assert talk.says("删除1").outcome is Outcome.NEEDS_CONFIRMATION
    assert len(talk.files("photos")) == 2
    talk.says("是")
    assert [file["name"] for file in talk.files("photos")] == ["俯视图.jpg"]
    assert talk.says("删除7").outcome is Outcome.REJECTED


def test_a_photo_while_text_is_asked_is_offered_to_the_fields_it_fits(talk: Talk) -> None:
    fill(talk, until="phone")
    heard = talk.gives(photo(1), "主视图.jpg")
    assert (heard.outcome, heard.asked) == (Outcome.NEEDS_CONFIRMATION, "phone")
    assert talk.says("3").outcome is Outcome.ACCEPTED
    assert [file["name"] for file in talk.files("photos")] == ["主视图.jpg"]
    assert talk.desk().asked == "phone"


def test_a_fourth_photo_after_the_field_was_left_joins_the_others(talk: Talk) -> None:
    fill(talk, until="videos")
    heard = talk.gives(photo(9), "侧视图.jpg")
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "videos")
    assert len(talk.files("photos")) == 4


def test_an_offered_photo_may_be_declined(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.gives(photo(1), "主视图.jpg")
    heard = talk.says("0")
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, "phone")
    assert talk.files("photos") == []


def test_a_value_waiting_for_a_yes_survives_a_photo(talk: Talk) -> None:
    fill(talk, until="work_unit")
    talk.says("南京机电")
    talk.gives(photo(1), "主视图.jpg")
    talk.says("3")
    assert talk.says("是").outcome is Outcome.ACCEPTED
    assert talk.answers()["work_unit"] == "南京机电"


def test_one_scan_with_both_papers(talk: Talk) -> None:
    """R32."""
    fill(talk, until="pledge")
    answer(talk, "pledge")
    assert talk.says("同上").asked == "title"
    assert talk.files("authorization")[0]["sha256"] == talk.files("pledge")[0]["sha256"]


def test_the_same_paper_needs_a_first_one(talk: Talk) -> None:
    fill(talk, until="pledge")
    assert talk.says("同上").outcome is Outcome.REJECTED


def test_a_new_title_makes_the_papers_stale_until_they_are_stamped_again(talk: Talk) -> None:
    """R33."""
    fill(talk)
    talk.says("否")
    talk.says("修改8")
    heard = talk.says("管道焊口自动旋转与夹紧装置的研制")
    assert "重新盖章" in heard.text
    assert talk.missing() == ["pledge", "authorization"]
    assert {file["status"] for key in ("pledge", "authorization") for file in talk.files(key)} == {"stale"}
    talk.says("修改7")
    talk.gives(make("pdf", "新承诺书.pdf", 5, None), "新承诺书.pdf")
    talk.gives(make("pdf", "新授权书.pdf", 6, None), "新授权书.pdf")
    assert talk.missing() == []
    assert [file["name"] for file in talk.files("pledge")] == ["新承诺书.pdf"]


def test_a_file_without_a_draft_is_explained(talk: Talk) -> None:
    heard = talk.gives(photo(1), "主视图.jpg")
    assert heard.outcome is Outcome.REJECTED and "我要申报" in heard.text


@pytest.mark.parametrize(
    ("field", "content", "name", "part"),
    [
        ("photos", b"", "主视图.jpg", "是空的"),
        ("photos", b"\x01\x02\x03\x04\x05\xff\xfe\xfa" * 50, "主视图.jpg", "认不出格式"),
        ("audio", b"#!AMR\n" + bytes(400), "语音.amr", "不是 MP3"),
        ("quiz", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(4096), "题库.doc", "docx"),
    ],
)
def test_what_cannot_be_taken_is_named(talk: Talk, field: str, content: bytes, name: str, part: str) -> None:
    fill(talk, until=field)
    heard = talk.gives(content, name)
    assert heard.outcome is Outcome.REJECTED and part in heard.text
    assert talk.files(field) == []


def test_a_platform_file_is_kept_as_a_job_and_does_not_answer_yet(talk: Talk) -> None:
    fill(talk, until="photos")
    message = InboundMessage("test", talk.name, "9:1", MessageKind.IMAGE, media=Media(media_id="m1"))
    heard = talk.sends(message)
    assert (heard.outcome, heard.asked) == (Outcome.ANSWERED, "photos")
    assert "另有1个文件" in talk.says("完成").text


def test_a_file_that_the_platform_keeps_to_itself(talk: Talk) -> None:
    fill(talk, until="quiz")
    heard = talk.sends(
        InboundMessage("test", talk.name, "9:1", MessageKind.FILE, media=Media(name="题库.docx"))
    )
    assert heard.outcome is Outcome.REJECTED and "题库.docx" in heard.text


def test_a_text_where_a_file_is_wanted(talk: Talk) -> None:
    fill(talk, until="photos")
    heard = talk.says("照片在我电脑上")
    assert (heard.outcome, heard.asked) == (Outcome.REJECTED, "photos")


@SQLITE
def test_names_may_come_one_by_one(talk: Talk) -> None:
    """R66: three photos, then a name in each message."""
    fill(talk, until="photos")
    for seed in range(3):
        talk.gives(photo(seed), f"IMG_{seed}.jpg")
    assert "第2份（IMG_1.jpg）叫什么" in talk.says("主视图").text
    assert talk.says("俯视图").asked == "photos"
    assert talk.says("应用现场").asked == "videos"
    assert [file["caption"] for file in talk.files("photos")] == ["主视图", "俯视图", "应用现场"]


@SQLITE
def test_a_photo_for_later_is_named_later(talk: Talk) -> None:
    """One question at a time: the open one is about something else."""
    fill(talk, until="phone")
    talk.gives(photo(1), "IMG_1.jpg")
    heard = talk.says("3")
    assert heard.asked == "phone" and "修改15" in heard.text and "例如“主视图”" not in heard.text
    talk.says("修改15")
    talk.says("主视图")
    assert [file["caption"] for file in talk.files("photos")] == ["主视图"]


@SQLITE
@pytest.mark.parametrize("said", ["改名1 侧视图", "改名1：侧视图", "改名第1张 侧视图"])
def test_a_wrong_name_is_changed(talk: Talk, said: str) -> None:
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    assert talk.says(said).outcome is Outcome.ACCEPTED
    assert [file["caption"] for file in talk.files("photos")] == ["侧视图"]
    assert talk.says("改名7 俯视图").outcome is Outcome.REJECTED
    assert talk.says("改名1 " + "长" * 61).outcome is Outcome.REJECTED


@SQLITE
@pytest.mark.parametrize(("size", "noted"), [(1_000_000, True), (1_048_575, True), (1_048_576, False)])
def test_between_the_two_readings_of_a_megabyte_a_photo_is_said_to_be_enough(
    talk: Talk, size: int, noted: bool
) -> None:
    """A24."""
    fill(talk, until="photos")
    content = b"\xff\xd8\xff\xe0" + bytes(size - 6) + b"\xff\xd9"
    heard = talk.gives(content, "主视图.jpg")
    assert (heard.outcome, "1000×1000" in heard.text) == (Outcome.ACCEPTED, noted)
    assert len(set(re.findall(r"[\d.]+ [KM]B", heard.text))) == 1


@SQLITE
def test_the_photo_without_a_name_is_pointed_out_under_another(talk: Talk) -> None:
    """R66: the last to come is not the one that lacks a name."""
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    assert "第2份（IMG_0002.jpg）" in talk.gives(photo(2), "IMG_0002.jpg").text
    heard = talk.gives(photo(3), "应用现场.jpg")
    assert (heard.asked, "第2份（IMG_0002.jpg）" in heard.text) == ("photos", True)


@SQLITE
def test_a_photo_that_is_too_small_is_explained_and_not_slipped_into_another_field(talk: Talk) -> None:
    """R69: a small photo could be a scan, but its sender is told first what is wrong with it."""
    fill(talk, until="pledge")
    talk.says("修改15")
    heard = talk.gives(photo(1, 990_000), "主视图.jpg")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION
    assert "主视图.jpg" in heard.text and "不低于1M" in heard.text
    talk.says("预览")
    assert (talk.files("pledge"), talk.files("authorization")) == ([], [])


@SQLITE
def test_a_photo_that_came_twice_is_offered_nowhere_else(talk: Talk) -> None:
    fill(talk, until="pledge")
    talk.says("修改15")
    talk.gives(photo(1), "主视图.jpg")
    heard = talk.gives(photo(1), "主视图.jpg")
    assert (heard.outcome, talk.desk().pending) == (Outcome.REJECTED, None)
    assert "内容完全相同" in heard.text


@SQLITE
def test_photos_without_use_are_warned_about(talk: Talk) -> None:
    """R72, A25."""
    fill(talk, until="photos")
    for seed, name in enumerate(("主视图.jpg", "俯视图.jpg")):
        talk.gives(photo(seed), name)
    heard = talk.gives(photo(3), "侧视图.jpg")
    assert "实际应用照片" in heard.text and heard.asked == "videos"


@SQLITE
def test_a_quiz_should_say_which_of_the_two_it_is(talk: Talk) -> None:
    """R78: not forced."""
    fill(talk, until="quiz")
    heard = talk.gives(make("txt", "题库.txt", 1, None), "题库.txt")
    assert heard.asked == "audio" and "文字材料还是视频" in heard.text
    other = Talk(talk.database, name="lina")
    fill(other, until="quiz")
    assert "文字材料还是视频" not in other.gives(make("txt", "视频题库.txt", 1, None), "视频题库.txt").text


@SQLITE
def test_a_document_with_photos_is_explained_and_not_slipped_into_another_field(talk: Talk) -> None:
    """R73."""
    fill(talk, until="photos")
    heard = talk.gives(make("docx", "照片.docx", 1, None), "照片.docx")
    assert heard.outcome is Outcome.NEEDS_CONFIRMATION and "嵌在文档里" in heard.text
    assert "请问放到哪一项" in talk.says("看全部").text
    talk.says("0")
    assert talk.files("quiz") == []


@SQLITE
def test_photos_that_wait_are_not_lost_by_an_answer(talk: Talk) -> None:
    """R111: the answer is kept, then the tray is asked about, then the form goes on."""
    fill(talk, until="phone")
    talk.gives(photo(1), "主视图.jpg")
    heard = talk.says("13800138000")
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "union")
    assert "请问放到哪一项" in heard.text and "第5项／共19项" not in heard.text
    heard = talk.says("3")
    assert "第5项／共19项" in heard.text and len(talk.files("photos")) == 1


@SQLITE
def test_photos_that_wait_belong_to_their_draft(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.gives(photo(1), "主视图.jpg")
    heard = talk.says("新建")
    assert "没有放入" in heard.text and talk.desk().pending is None


@SQLITE
def test_the_other_paper_is_asked_for_when_one_comes(talk: Talk) -> None:
    fill(talk, until="pledge")
    talk.says("跳过")
    talk.says("跳过")
    talk.says("修改7")
    heard = talk.gives(make("pdf", "承诺书.pdf", 1, None), "承诺书.pdf")
    assert heard.asked == "authorization"
    assert talk.says("同上").asked == "title"


@SQLITE
@pytest.mark.parametrize("name", ["新建文本文档.txt", "新建 DOC 文档.txt", "20240412.txt", "未命名.txt"])
def test_a_name_that_a_machine_gave_is_none(talk: Talk, name: str) -> None:
    fill(talk, until="quiz")
    heard = talk.gives(make("txt", name, 1, None), name)
    assert heard.asked == "quiz" and "起个名字" in heard.text


@SQLITE
def test_of_two_waiting_files_each_goes_where_it_fits(talk: Talk) -> None:
    """R111: the second question is about what the first choice did not take."""
    fill(talk, until="phone")
    talk.gives(make("txt", "文字题库.txt", 1, None), "文字题库.txt")
    heard = talk.gives(make("mp4", "演示.mp4", 2, None), "演示.mp4")
    assert "1. 第16项 成果视频\n2. 第17项 成果题库" in heard.text
    heard = talk.says("1")
    assert (heard.outcome, heard.asked) == (Outcome.ACCEPTED, "phone")
    assert talk.says("7").outcome is Outcome.NEEDS_CONFIRMATION
    talk.says("1")
    assert [file["name"] for key in ("videos", "quiz") for file in talk.files(key)] == [
        "演示.mp4",
        "文字题库.txt",
    ]
    assert talk.says("13800138000").asked == "union"


@SQLITE
def test_a_waiting_file_with_one_place_goes_there_when_the_talk_goes_on(talk: Talk) -> None:
    fill(talk, until="phone")
    talk.gives(make("mp3", "讲解.mp3", 1, None), "讲解.mp3")
    heard = talk.says("13800138000")
    assert heard.outcome is Outcome.ACCEPTED and "第18项 成果音频：已收1份" in heard.text
    assert [file["name"] for file in talk.files("audio")] == ["讲解.mp3"]


@SQLITE
def test_a_stale_paper_says_what_to_do(talk: Talk) -> None:
    """R33."""
    fill(talk)
    talk.says("修改8")
    heard = talk.says("管道焊口自动旋转与夹紧装置的研制")
    assert heard.asked == "pledge" and "【需办】" in heard.text and "发来就会替换" in heard.text
    assert "名称已改，需重新盖章" in talk.says("提交").text


@SQLITE
def test_the_same_title_again_makes_nothing_stale(talk: Talk) -> None:
    fill(talk)
    talk.says("修改8")
    talk.says("管道焊口自动旋转夹具的研制与应用")
    assert talk.missing() == []


@SQLITE
def test_a_photo_of_another_submission_may_be_used_again(talk: Talk) -> None:
    """Section 6 test 6: the same bytes in two submissions are two files."""
    fill(talk, until="photos")
    talk.gives(photo(1), "主视图.jpg")
    talk.says("新建")
    talk.says("王芳")
    talk.says("修改15")
    assert talk.gives(photo(1), "主视图.jpg").outcome is Outcome.ACCEPTED
