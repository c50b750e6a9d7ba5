"""The pack of 2024 says what the notice says: unions, fields, limits, attachments."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from pypinyin import Style, lazy_pinyin

from handlers.pack_loading import load_pack
from handlers.packs import Dates, FieldSpec, Helpdesk, Pack, Quota
from handlers.rules.counting import Length

PACKS = Path(__file__).parents[2] / "templates" / "packs"

UNIONS = """
nanjing 南京 120 / wuxi 无锡 120 / xuzhou 徐州 120 / changzhou 常州 120 / suzhou 苏州 120 / nantong 南通 120 /
lianyungang 连云港 100 / huaian 淮安 110 / yancheng 盐城 110 / yangzhou 扬州 110 / zhenjiang 镇江 110 /
taizhou 泰州 110 / suqian 宿迁 100 /
jykj 省教育科技 50 / jyshih 省机冶石化 30 / cmqf 省财贸轻纺 15 / bsqs 省部属企事业 50 / jianshe 省建设 50 /
jtys 省交通运输 30 / shuili 省水利 30 / dianli 省电力 50 / dianxin 省电信 30 / yidong 省移动 30 / njtl 南京铁路 15
"""
KEYS = (
    "completers first_completer_bio work_unit phone union category pledge title summary industry background "
    "objective innovation benefits photos videos quiz audio new_productive_forces"
)
LABELS = (
    "成果完成人 第一完成人简介 成果完成单位 联系电话 选择所属上级工会 成果类别 成果真实性确认 创新成果名称 成果简介 "
    "成果所属行业分类 成果背景 成果目标/解决的关键问题 成果创新点 经济效益和社会效益 成果照片 成果视频 成果题库 成果音频 "
    "是否为新质生产力"
)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACKS / "jiangsu-2024")


def test_unions_stand_in_the_order_of_the_table_with_their_minimums(pack: Pack) -> None:
    expected = [tuple(row.split()) for row in UNIONS.replace("\n", " ").split("/")]
    assert [(one.code, one.name, str(one.minimum)) for one in pack.unions] == expected


def test_minimums_add_up(pack: Pack) -> None:
    cities = [one.minimum for one in pack.unions if one.kind == "city"]
    industries = [one.minimum for one in pack.unions if one.kind == "industry"]
    assert (len(cities), sum(cities), len(industries), sum(industries)) == (13, 1470, 11, 380)
    assert [one.kind for one in pack.unions] == ["city"] * 13 + ["industry"] * 11


def test_no_union_has_a_maximum(pack: Pack) -> None:
    assert [(one.maximum, one.per_category) for one in pack.unions] == [(None, ())] * 24


def test_number_codes(pack: Pack) -> None:
    expected = "NJ WX XZ CZ SZ NT LYG HA YC YZ ZJ TZ SQ JYKJ JYSH CMQF BSQS JS JT SL DL DX YD NJTL"
    assert [one.number_code for one in pack.unions] == expected.split()


def test_initials_are_those_of_the_names(pack: Pack) -> None:
    """The first initials are the name's without 省; pypinyin reads none of these names wrongly."""
    typed = [(one.name, one.initials.split()[0]) for one in pack.unions]
    assert typed == [(name, _initials(name.removeprefix("省"))) for name, _ in typed]


def test_initials_of_fields_are_those_of_their_short_names(pack: Pack) -> None:
    typed = [(one.short, one.initials.split()[0]) for one in pack.fields]
    assert typed == [(short, _initials(short)) for short, _ in typed]


def test_initials_of_categories(pack: Pack) -> None:
    choices = pack.spec("category").choices
    assert [one.initials for one in choices] == [_initials(one.value) for one in choices]


def _initials(name: str) -> str:
    return "".join(lazy_pinyin(name, style=Style.FIRST_LETTER))


def test_fields_stand_in_the_order_of_the_table(pack: Pack) -> None:
    assert [one.key for one in pack.numbered] == KEYS.split()
    assert [one.label for one in pack.numbered] == LABELS.split()
    assert [one.source for one in pack.numbered] == [f"附件4第{number}项" for number in range(1, 20)]


def test_the_walk_asks_the_authorization_behind_the_pledge_and_never_the_craftsmen(pack: Pack) -> None:
    keys = KEYS.split()
    keys.insert(keys.index("pledge") + 1, "authorization")
    assert [one.key for one in pack.asked] == keys
    assert [one.key for one in pack.fields if not one.asked_in_turn] == ["craftsmen"]


def test_what_is_required_when(pack: Pack) -> None:
    """A18: photos and quiz by submission, video by recommendation, audio never."""
    later = {one.key: str(one.required_when) for one in pack.fields if one.required_when != "submit"}
    assert later == {"videos": "recommend", "audio": "never", "craftsmen": "never"}


def test_limits_of_texts(pack: Pack) -> None:
    limits = {
        one.key: one.limits.model_dump(exclude_defaults=True) for one in pack.fields if one.kind == "text"
    }
    about_100 = {"about": 100, "quiet_min": 60, "quiet_max": 150, "reason_over": 200}
    assert limits == {
        "first_completer_bio": {"hard_max": 100},
        "work_unit": {},
        "title": {"about": 20, "quiet_min": 12, "quiet_max": 30, "reason_over": 40},
        "summary": {"hard_max": 500},
        "background": about_100,
        "objective": about_100,
        "innovation": {"hard_max": 500},
        "benefits": {"hard_max": 500},
    }


def test_limits_of_people_and_files(pack: Pack) -> None:
    limits = {
        one.key: one.limits.model_dump(exclude_defaults=True) for one in pack.fields if one.kind != "text"
    }
    scan = {"files_min": 1, "formats": ("pdf", "jpeg", "png")}
    assert {key: value for key, value in limits.items() if value} == {
        "completers": {"people_max": 20},
        "pledge": scan,
        "authorization": scan,
        "photos": {"files_min": 3, "size_min": 1_000_000, "size_max": 10_485_760, "formats": ("jpeg",)},
        "videos": {"files_min": 1, "formats": ("mp4",)},
        "quiz": {"files_min": 1, "formats": ("docx", "xlsx", "txt")},
        "audio": {"formats": ("mp3",)},
        "craftsmen": {"formats": ("mp4",)},
    }


def test_each_file_of_the_four_media_fields_and_of_craftsmen_must_be_named(pack: Pack) -> None:
    """R47, R66: the videos of craftsmen are named 完成人-类别."""
    named = [one.key for one in pack.fields if one.needs_caption]
    assert named == ["photos", "videos", "quiz", "audio", "craftsmen"]


def test_categories_stand_in_the_order_of_the_table_and_are_explained(pack: Pack) -> None:
    choices = pack.spec("category").choices
    assert [one.value for one in choices] == ["小发明", "小创造", "小革新", "小建议", "小设计"]
    assert all(one.definition for one in choices)


def test_rows_with_an_example(pack: Pack) -> None:
    assert [one.order for one in pack.numbered if one.example] == [8, 9, 10, 12, 14]


def test_examples_pass_the_limits_in_silence(pack: Pack) -> None:
    lengths = {one.key: Length.of(one.example).count for one in pack.fields if one.example}
    assert lengths == {"title": 27, "summary": 71, "industry": 17, "objective": 92, "benefits": 131}
    for key, length in lengths.items():
        limits = pack.spec(key).limits
        assert length <= min(limits.quiet_max or 500, limits.hard_max or 500)
        assert length >= (limits.quiet_min or 0)


def test_every_word_from_the_table_stands_in_the_text_of_the_attachment(pack: Pack) -> None:
    lines = set(pack.attachments[3].text.splitlines())
    headed = {line.partition("：")[2] for line in lines}
    for spec in pack.numbered:
        assert f"{spec.order}. {spec.label}" in lines
        for line in _verbatim(spec):
            assert line in lines | headed, (spec.key, line)


def _verbatim(spec: FieldSpec) -> list[str]:
    parts = [spec.requirement, spec.example, spec.remark, *spec.guide]
    return [line for part in parts for line in part.splitlines() if line]


def test_the_table_keeps_the_marks_of_the_notice(pack: Pack) -> None:
    assert pack.spec("photos").requirement == (
        "1.独立文件。照片作为单独的文件夹整理，请不要嵌入文档中,要求对每张照片进行命名\n"
        "2.质量高清。JPG格式，分辨率不小于 300dpi，大小不低于1M、不高于10M。确保能够印刷清晰；"
        "图片能清晰明确地表示出成果内容。\n"
        "3.数量标准。图片不少于三张"
    )
    assert pack.spec("phone").requirement == ""


def test_six_attachments_in_order(pack: Pack) -> None:
    assert [(one.number, one.title) for one in pack.attachments] == [
        (1, "申报操作手册二维码"),
        (2, "创新成果授权书、成果真实性承诺书"),
        (3, "全省职工“五小”创新成果数量分配表"),
        (4, "全省职工“五小”创新成果征集报送要求及案例"),
        (5, "全省职工“五小”创新成果征集联系人信息表"),
        (6, "全省职工“五小”创新成果征集群二维码"),
    ]


def test_attachment_3_lists_every_union_with_its_minimum_and_the_three_remarks(pack: Pack) -> None:
    text = pack.attachments[2].text
    rows = re.findall(r"^(\d+)\. (\S+) (\d+)$", text, re.MULTILINE)
    assert rows == [(str(place), one.name, str(one.minimum)) for place, one in enumerate(pack.unions, 1)]
    assert text.splitlines()[-3:] == [
        "1.此分配表为最少推荐数量，无最高数量限制。",
        "2.设区市总工会与省相关产业（厅、局、企业）工会推荐的项目不要重复。",
        "3.省相关产业（厅、局、企业）工会推荐至省总的项目，不要重复推荐至全国产业工会。",
    ]


def test_the_note_says_which_attachment_the_pledge_means(pack: Pack) -> None:
    """A8: 附件4第7项 speaks of 附件1, the notice's own number is 2."""
    assert "“附件1”" in pack.attachments[1].note
    assert "附件2" in pack.spec("pledge").reference


def test_the_campaign_as_in_the_notice(pack: Pack) -> None:
    assert pack.dates == Dates(
        opens_on=date(2024, 4, 10), contact_deadline=date(2024, 4, 12), submission_deadline=date(2024, 6, 11)
    )
    assert pack.helpdesk == Helpdesk(
        name="钱德乾",
        department="省总工会劳动和经济工作部",
        phones=("025-83536240", "18118991940"),
        mailbox="jsldjs@126.com",
        source="见通知正文末尾，邮箱见附件5",
    )
    assert (pack.issuer, pack.issued_on) == ("江苏总工会劳动和经济工作部", date(2024, 4, 9))
    assert (pack.group_name, pack.number_prefix, pack.root_union) == (
        "全省职工“五小”创新成果征集群",
        "WX2024",
        "江苏省总工会",
    )


def test_the_whole_classification_is_there(pack: Pack) -> None:
    assert len({one.section for one in pack.industries}) == 20
    assert [one.division for one in pack.industries] == [f"{number:02d}" for number in range(1, 98)]


@pytest.mark.parametrize(
    ("key", "rule", "shows", "lacks"),
    [
        ("objective", "R63", ["冲击频率≥1765次/min", "效率提高20%", "精度0.02mm", "提高了三倍"], ["解决了难题", "2023年完成", "1.省钱2.安全"]),
        ("work_unit", "R50", ["南京第三机床厂", "徐州市第一医院", "某某有限公司（本部）"], ["中石化", "徐工"]),
        ("summary", "A12", ["1.甲。2.乙", "（1）甲（2）乙", "一是快，二是省", "甲\n乙"], ["只有一段", "提高1.5倍，又2.5倍"]),
        ("photos", "R72", ["主视图 现场应用"], ["主视图 侧视图"]),
    ],
)  # fmt: skip
def test_soft_checks(pack: Pack, key: str, rule: str, shows: list[str], lacks: list[str]) -> None:
    check = next(check for check in pack.spec(key).checks if check.rule == rule)

    def met(text: str) -> bool:
        by_word = any(word in text for word in check.words)
        return by_word or bool(check.pattern and re.search(check.pattern, text))

    assert ([met(text) for text in shows], [met(text) for text in lacks]) == (
        [True] * len(shows),
        [False] * len(lacks),
    )


def test_another_year_is_another_folder() -> None:
    """Section 6 test 15: maximums, quotas of each category and a ratio need no code."""
    pack = load_pack(Path(__file__).parents[1] / "packs" / "jiangsu-2025")
    quotas = {
        one.code: (one.minimum, one.maximum, _range(one.quota("小发明")), _range(one.quota("小建议")))
        for one in pack.unions
    }
    assert quotas == {
        "nanjing": (50, None, (10, None), (10, None)),
        "suzhou": (50, None, (10, None), (10, 12)),
        "dianli": (0, 25, (0, 5), (0, 5)),
    }
    shares = [(ratio.field, [(share.value, share.parts) for share in ratio.shares]) for ratio in pack.ratios]
    assert shares == [("industry_stage", [("传统产业", 5), ("新兴产业", 4), ("未来产业", 1)])]


def _range(quota: Quota) -> tuple[int, int | None]:
    return quota.minimum, quota.maximum
