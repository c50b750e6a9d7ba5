"""The board as a picture: every union with its counts and sums, in words and not by colour alone."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from bot.papers import draw
from bot.papers.board import COLUMNS, WIDTH, table
from tests.bot.paper_facts import union

AS_OF = "2024-05-15T01:00:00+00:00"
HEADER = ("单位", "联系人", "进群", "登录", "推荐/最少", "还差")


def words(*unions: dict[str, object]) -> list[tuple[str, ...]]:
    return [tuple(word for word, _ in row.cells) for row in table(unions)]


def drawn(*unions: dict[str, object]) -> Image.Image:
    paper = draw("board", {"as_of": AS_OF, "rows": list(unions)}, public_url="")
    assert (paper.mimetype, paper.extension) == ("image/png", "png")
    return Image.open(io.BytesIO(paper.content)).convert("RGB")


def test_two_groups_with_sums() -> None:
    unions = (
        union("南京", counted=121),
        union("无锡", form="waiting", in_group=False, account="issued", counted=119),
        union("省水利", kind="industry", minimum=30, counted=0, form="none", in_group=False, account="none"),
    )
    assert words(*unions) == [
        HEADER,
        ("设区市总工会（2家）",),
        ("南京", "已报", "已进", "已登录", "121/120", "超1"),
        ("无锡", "待审", "未进", "待登录", "119/120", "差1"),
        ("小计", "2/2", "1/2", "1/2", "240/240", "1家达到"),
        ("省产业（厅、局、企业）工会（1家）",),
        ("省水利", "未报", "未进", "未领", "0/30", "差30"),
        ("小计", "0/1", "0/1", "0/1", "0/30", "0家达到"),
        ("合计", "2/3", "1/3", "1/3", "240/270", "1家达到"),
    ]


@pytest.mark.parametrize(("counted", "said"), [(119, "差1"), (120, "已达到"), (121, "超1"), (0, "差120")])
def test_how_far_it_is(counted: int, said: str) -> None:
    assert words(union("南京", counted=counted))[2] == (
        "南京", "已报", "已进", "已登录", f"{counted}/120", said,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("form", "said", "counts"),
    [("none", "未报", 0), ("waiting", "待审", 1), ("registered", "已报", 1), ("mailed", "已邮报", 1)],
)
def test_every_state_of_the_form_has_its_word(form: str, said: str, counts: int) -> None:
    shown = words(union("南京", form=form))
    assert (shown[2][1], shown[3][1]) == (said, f"{counts}/1")


@pytest.mark.parametrize(
    ("account", "said", "counts"),
    [
        ("none", "未领", 0),
        ("issued", "待登录", 0),
        ("expired", "过期", 0),
        ("signed_in", "已登录", 1),
        ("revoked", "停用", 0),
    ],
)
def test_the_sum_counts_the_accounts_whose_word_is_the_columns(account: str, said: str, counts: int) -> None:
    """The column is called 登录, so 已登录 alone is counted in it."""
    shown = words(union("南京", account=account))
    assert (shown[0][3], shown[2][3], shown[3][3]) == ("登录", said, f"{counts}/1")


def test_the_picture_is_as_wide_as_a_phone_and_has_room_for_all() -> None:
    cities = [union(f"市{number}") for number in range(13)]
    industries = [union(f"省产业{number}", kind="industry") for number in range(11)]
    picture = drawn(*cities, *industries)
    assert (picture.size, sum(COLUMNS)) == ((1080, 200 + 68 * (1 + 2 + 24 + 3) + 130), WIDTH)


def test_different_counts_are_different_pictures() -> None:
    pictures = {drawn(union("南京", counted=counted)).tobytes() for counted in (119, 120, 121)}
    assert len(pictures) == 3


@pytest.mark.parametrize("name", ["𬭎㑇龘" * 20, "南京😀\x00\n工会", ""])
def test_any_name_can_be_drawn(name: str) -> None:
    assert drawn(union(name)).size == (1080, 200 + 68 * 5 + 130)
