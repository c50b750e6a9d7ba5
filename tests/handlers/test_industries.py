"""Any word finds its industry; only a proper name or code is taken without asking (R61)."""

from __future__ import annotations

from pathlib import Path

import pytest

from handlers.fields.base import Accepted, Asked, Doubtful, Options, Refused
from handlers.fields.industry import IndustryKind
from handlers.industries import find_exact, find_section, search
from handlers.messages import say
from handlers.pack_loading import load_pack
from handlers.packs import Pack

REFINING = {"section": "C", "division": "25", "label": "制造业-石油、煤炭及其他燃料加工业"}

EVERYDAY = """
医院84 软件65 起重机34 供电44 幼儿园83 地铁54 炼油25 快递60 汽车零件36 银行66 学校83 钢铁31 水泥30 造船37 光伏38 芯片39
制药27 服装18 物业70 水利76 公交54 高速公路54 港口55 机场56 保险68 证券67 餐饮62 酒店61 超市52 家政80 修车81 污水处理46
自来水46 燃气45 环卫78 园林78 检测74 设计院74 电信63 移动通信63 装修50 修路48 桥梁48 电梯34 轴承34 模具35 电缆38 变压器38
化工26 纺织17 面粉13 白酒15 卷烟16 家具21 造纸22 印刷23 玩具24 塑料29 铝材32 螺丝33 挖掘机35 高铁53 飞机37 锂电池38
仪表40 养猪03 种水稻01 养鱼04 煤矿06 石油开采07 消防救援92 工会95 养老院85 出版社86 电视台87 博物馆88 税务局92 医保94
社区96 保洁82 广告72 研究所73 技术推广75 土地整治79 租车71 互联网64 物流59 输油管道57 外贸51 水电安装49 盖房子47 设备维修43
钻杆11 起重机铰点加工34 国网供电公司44 高压带电作业机器人44 地铁信号系统维护54 智能电表40 钢轨打磨53 麻醉护理84 混凝土泵车35
废旧金属回收42 阀门密封34 隧道掘进48 粮食烘干05 血液透析84 高铁接触网检修53 船闸55 防洪76 无损检测74 风电叶片38 羊毛衫18
"""


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(Path(__file__).parents[2] / "templates" / "packs" / "jiangsu-2024")


@pytest.mark.parametrize("word", EVERYDAY.split())
def test_everyday_words_find_their_division_among_five(pack: Pack, word: str) -> None:
    found = [one.division for one in search(pack.industries, word[:-2])]
    assert word[-2:] in found
    assert len(found) == len(set(found)) <= 5


@pytest.mark.parametrize(
    "text",
    [
        "制造业-石油、煤炭及其他燃料加工业",
        "制造业－石油、煤炭及其他燃料加工业",
        "制造业 石油 煤炭及其他燃料加工业。",
        "石油、煤炭及其他燃料加工业",
        "石油，煤炭及其他燃料加工业",
        "C25",
        "ｃ２５",
        "25",
        "25 石油、煤炭及其他燃料加工业",
        "C25石油、煤炭及其他燃料加工业",
    ],
)
def test_exact_forms_of_the_example(pack: Pack, text: str) -> None:
    found = find_exact(pack.industries, text)
    assert found is not None
    assert found.label == "制造业-石油、煤炭及其他燃料加工业"
    assert search(pack.industries, text)[0] == found


@pytest.mark.parametrize(
    "text", ["", "制造业", "A25", "98", "医院", "26 石油、煤炭及其他燃料加工业", "石油", "25" * 40]
)
def test_no_exact_form(pack: Pack, text: str) -> None:
    assert find_exact(pack.industries, text) is None


def test_every_label_code_and_name_is_exact(pack: Pack) -> None:
    for one in pack.industries:
        for text in (one.label, one.division, f"{one.section}{one.division}", one.name):
            assert find_exact(pack.industries, text) == one


def test_a_section_gives_its_divisions(pack: Pack) -> None:
    assert [one.division for one in find_section(pack.industries, "金融业")] == ["66", "67", "68", "69"]
    assert [one.division for one in search(pack.industries, "建筑业")] == ["47", "48", "49", "50"]
    assert len(find_section(pack.industries, "c")) == 31


def test_a_section_of_one_division_is_that_division(pack: Pack) -> None:
    found = find_exact(pack.industries, "国际组织")
    assert found is not None
    assert found.division == "97"


def test_a_deeper_code_finds_its_division(pack: Pack) -> None:
    assert [search(pack.industries, text)[0].division for text in ("C2511", "251", "A25")] == [
        "25",
        "25",
        "25",
    ]


@pytest.mark.parametrize(
    "text", ["", " ", "、", "啊啊啊", "asdf", "不知道", "99", "<br>", "{{ x }}", "石" * 100]
)
def test_nothing_found(pack: Pack, text: str) -> None:
    assert search(pack.industries, text) == []


def test_limit(pack: Pack) -> None:
    assert len(search(pack.industries, "制造业", limit=3)) == 3
    assert len(search(pack.industries, "设备制造", limit=9)) == 9


@pytest.fixture
def asked(pack: Pack) -> Asked:
    return Asked(spec=pack.spec("industry"), pack=pack, answers={})


def test_the_example_is_accepted_and_described(asked: Asked) -> None:
    judged = IndustryKind().judge(asked.spec.example, asked)
    assert judged == Accepted(REFINING)
    assert IndustryKind().describe(REFINING, asked) == asked.spec.example


def test_a_word_gives_five_to_choose_from(asked: Asked) -> None:
    judged = IndustryKind().judge("石油", asked)
    assert isinstance(judged, Options)
    labels = [label for _, label in judged.options]
    assert (len(labels), REFINING in [value for value, _ in judged.options]) == (5, True)
    assert judged.question == say("fields/industry_options", spec=asked.spec, labels=labels)


def test_a_single_find_is_asked_about(asked: Asked) -> None:
    value = {"section": "C", "division": "35", "label": "制造业-专用设备制造业"}
    expected = Doubtful(value, say("fields/industry_one", label="制造业-专用设备制造业"))
    assert IndustryKind().judge("缝纫机", asked) == expected


def test_a_large_section_wants_a_narrower_word(asked: Asked, pack: Pack) -> None:
    names = [one.name for one in pack.industries if one.section == "C"]
    expected = Refused(say("fields/industry_section", spec=asked.spec, name="制造业", names=names))
    assert IndustryKind().judge("制造业", asked) == expected


def test_a_small_section_lists_its_divisions(asked: Asked) -> None:
    judged = IndustryKind().judge("交通运输、仓储和邮政业", asked)
    assert isinstance(judged, Options)
    assert [value["division"] for value, _ in judged.options] == [
        "53",
        "54",
        "55",
        "56",
        "57",
        "58",
        "59",
        "60",
    ]


@pytest.mark.parametrize("text", ["不知道", "石油" * 200])
def test_nothing_found_is_refused_with_a_remedy(asked: Asked, text: str) -> None:
    assert IndustryKind().judge(text, asked) == Refused(say("fields/industry_unknown", spec=asked.spec))
