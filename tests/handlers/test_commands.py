"""A command is a whole message; near misses are recognised as such and never as sure."""

from __future__ import annotations

import tomllib
from collections import Counter
from pathlib import Path

import pytest
from pypinyin import Style, lazy_pinyin

from handlers.choices import fold
from handlers.commands import Recognised, recognise
from handlers.orders import ORDERS
from handlers.pack_loading import load_pack
from handlers.packs import Pack

TEMPLATES = Path(__file__).parents[2] / "templates"
TABLES = tomllib.loads((TEMPLATES / "chat" / "commands.toml").read_text(encoding="utf-8"))
WORDS = [(name, word) for name, table in TABLES.items() for word in table["words"]]

CHAT_WORDS = "我要申报 新建 切换 返回 修改 跳过 还差什么 看全部 预览 示例 帮助 暂停 提交 撤回 重新开始 转人工 附件 手册 联系人 汇总 完成 继续 ？"
OFFICE_WORDS = "登记联系人 领账号 进度 名单 二维码 催办 待办 谁还没报 排名 群发 已邮件报送 已办 明天 换人办 收到 退订 恢复通知 本级截止 下级单位 归到"
# Words that do nothing without what belongs to them.
SHAPED = {
    "account_of": "账号 南京 重置",
    "approve": "通过 3",
    "bind_admin": "绑定管理员 12345678",
    "bind_group": "绑定 12345678",
    "hand_over": "同意交接 3",
    "refuse": "驳回 3 材料不全",
}


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(TEMPLATES / "packs" / "jiangsu-2024")


def test_every_word_of_the_interface_leads_its_command() -> None:
    leading = {table["words"][0] for table in TABLES.values() if table["words"]}
    assert leading == set(CHAT_WORDS.split()) | set(OFFICE_WORDS.split())


def test_what_has_a_shape_is_known_by_it_alone(pack: Pack) -> None:
    found = {said: recognise(said, pack) for said in SHAPED.values()}
    assert {one.name: said for said, one in found.items() if one is not None} == SHAPED
    assert {name for name, table in TABLES.items() if not table["words"]} == set(SHAPED)
    assert [recognise(said.split()[0], pack) for said in ("通过 3", "驳回 3 材料不全")] == [None, None]


def test_every_command_has_an_order_and_every_order_its_words() -> None:
    assert set(TABLES) == set(ORDERS)


def test_no_word_belongs_to_two_commands() -> None:
    claimed = [(fold(word), name) for name, word in WORDS]
    claimed += [(fold(word), name) for name, table in TABLES.items() for word in table.get("typos", ())]
    owners = Counter(word for word, _ in set(claimed))
    assert [word for word, count in owners.items() if count > 1] == []


def test_no_word_stands_twice_in_its_command() -> None:
    counts = Counter((name, fold(word)) for name, word in WORDS)
    assert [pair for pair, count in counts.items() if count > 1] == []


def test_initials_are_those_of_the_first_word_and_unique() -> None:
    typed = {name: table["initials"] for name, table in TABLES.items() if table["initials"]}
    expected = {
        name: "".join(lazy_pinyin(TABLES[name]["words"][0], style=Style.FIRST_LETTER)) for name in typed
    }
    assert typed == expected
    assert len(set(typed.values())) == len(typed)


@pytest.mark.parametrize(("name", "word"), WORDS)
def test_every_word_is_recognised_in_every_dress(pack: Pack, name: str, word: str) -> None:
    dressed = ["　".join(word), f" {word}。", f"{word}！", f"“{word}”"]
    found = {
        (one.name, one.argument, one.certainty) for one in (recognise(text, pack) for text in dressed) if one
    }
    assert found == {(name, None, "exact")}


@pytest.mark.parametrize(
    ("text", "name", "argument", "meant"),
    [
        ("修改8", "edit", "title", "修改成果名称"),
        ("修改８", "edit", "title", "修改成果名称"),
        ("修改 三", "edit", "work_unit", "修改完成单位"),
        ("修改第十二项", "edit", "objective", "修改成果目标"),
        ("改第19项", "edit", "new_productive_forces", "修改新质生产力"),
        ("修改名称", "edit", "title", "修改成果名称"),
        ("修改 联系电话", "edit", "phone", "修改联系电话"),
        ("修改：手机", "edit", "phone", "修改联系电话"),
        ("我要修改成果目标/解决的关键问题", "edit", "objective", "修改成果目标"),
        ("修改授权书", "edit", "authorization", "修改授权书"),
        ("修改工匠", "edit", "craftsmen", "修改工匠资料"),
        ("修改99", "edit", None, "修改"),
        ("附件4", "attachment", 4, "附件4"),
        ("附件 ４", "attachment", 4, "附件4"),
        ("附件三", "attachment", 3, "附件3"),
        ("附件④", "attachment", 4, "附件4"),
        ("查看附件2全文", "attachment", 2, "附件2"),
        ("附件9", "attachment", None, "附件"),
        ("授权书", "attachment", 2, "附件2"),
        ("承诺书", "attachment", 2, "附件2"),
        ("看承诺书", "attachment", 2, "附件2"),
        ("分配表", "attachment", 3, "附件3"),
        ("报送要求", "attachment", 4, "附件4"),
        ("联系人信息表", "attachment", 5, "附件5"),
        ("全省职工“五小”创新成果征集群二维码", "attachment", 6, "附件6"),
        ("切换2", "switch", 2, "切换2"),
        ("切换到第二个", "switch", 2, "切换2"),
    ],
)
def test_arguments(pack: Pack, text: str, name: str, argument: str | int | None, meant: str) -> None:
    assert recognise(text, pack) == Recognised(name, argument, "exact", text, meant)


def test_every_field_can_be_named_by_number_and_by_each_of_its_names(pack: Pack) -> None:
    for spec in pack.fields:
        for called in (*([spec.order] if spec.order else []), spec.label, spec.short, *spec.aliases):
            found = recognise(f"修改{called}", pack)
            if len(f"修改{called}") <= 24:
                assert (found and found.argument, found and found.certainty) == (spec.key, "exact")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bz", Recognised("help", None, "initials", "bz", "帮助")),
        ("ＢＺ", Recognised("help", None, "initials", "ＢＺ", "帮助")),
        ("wysb", Recognised("start", None, "initials", "wysb", "我要申报")),
        ("xg8", Recognised("edit", "title", "initials", "xg8", "修改成果名称")),
        ("fj4", Recognised("attachment", 4, "initials", "fj4", "附件4")),
        ("提叫", Recognised("submit", None, "near", "提叫", "提交")),
        ("修该8", Recognised("edit", "title", "near", "修该8", "修改成果名称")),
        ("付件3", Recognised("attachment", 3, "near", "付件3", "附件3")),
        ("修改联系电活", Recognised("edit", "phone", "near", "修改联系电活", "修改联系电话")),
        ("看全布", Recognised("overview", None, "near", "看全布", "看全部")),
        ("转人公", Recognised("handoff", None, "near", "转人公", "转人工")),
        ("重新开是", Recognised("restart", None, "near", "重新开是", "重新开始")),
        ("我要申抱", Recognised("start", None, "near", "我要申抱", "我要申报")),
        ("还差什吗", Recognised("missing", None, "near", "还差什吗", "还差什么")),
    ],
)
def test_near_misses_are_asked_about(pack: Pack, text: str, expected: Recognised) -> None:
    assert recognise(text, pack) == expected


@pytest.mark.parametrize("text", ["提交吧", "帮助啊", "还差什么呀", "提交？", "还差什么？？"])
def test_politeness_and_question_marks_do_not_matter(pack: Pack, text: str) -> None:
    found = recognise(text, pack)
    assert found is not None
    assert found.certainty == "exact"


@pytest.mark.parametrize(
    "text",
    ["", "   ", "\u200b", "1", "是", "否", "张伟", "张伟、李娜", "13800138000", "南京市总工会", "小革新", "xx", "8", "看8", "我要3",
     "返回式卸料装置的改进", "一键跳过故障段的控制方法", "修改了刀具结构", "修改刀具", "帮助老人洗浴的护理床",
     "提交材料的步骤优化",
     "继续教育平台", "完成人", "暂停按钮防误触装置", "切换开关", "附件箱的设计",
     "我要申报" * 20, "{{ 7*7 }}", "<b>帮助</b>", "'; DROP TABLE"],
)  # fmt: skip
def test_answers_are_no_commands(pack: Pack, text: str) -> None:
    assert recognise(text, pack) is None
