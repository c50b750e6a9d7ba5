"""A short, right answer for every field: what tests say when the content does not matter."""

from __future__ import annotations

from tests.corpus_files import make
from tests.talk import Heard, Talk

TEXTS = {
    "completers": "张伟、李娜",
    "first_completer_bio": "张伟，南京机电安装有限公司焊工班长，高级技师，从事焊接工作二十年。",
    "work_unit": "南京机电安装有限公司",
    "phone": "13800138000",
    "union": "南京市总工会",
    "category": "小革新",
    "title": "管道焊口自动旋转夹具的研制与应用",
    "summary": "1.适用于管道安装焊工。\n2.解决了人工翻转管件费力的问题。\n3.自主研制了旋转夹具。\n4.节约工时，安全性提高，经济效益和社会效益明显。",
    "industry": "C34",
    "background": "国内外管道预制多用人工翻转，已有的夹具只适合单一管径。" * 3,
    "objective": "解决管件翻转费力、焊缝成形不匀的难题，翻转时间由12min降到3min，一次合格率达到98%以上，适用管径50mm至300mm，全年节约工时1200小时以上，减少起重作业。",
    "innovation": "创新性：\n1.首次采用双卡盘同步旋转。\n及时性：\n2.满足当前预制化施工的需求。\n实用性：\n3.易于安装，操作简便，便于推广应用。",
    "benefits": "经济效益：\n1.每年节约人工费用20万元。\n社会效益：\n2.减轻劳动强度，保障作业安全。",
    "new_productive_forces": "是",
}
FILES = {
    "pledge": [("pdf", "承诺书.pdf")],
    "authorization": [("pdf", "授权书.pdf")],
    "photos": [("jpeg", "主视图.jpg"), ("jpeg", "俯视图.jpg"), ("jpeg", "应用现场.jpg")],
    "quiz": [("txt", "题库.txt")],
}
SKIPPED = ("videos", "audio")


def fill(talk: Talk, until: str | None = None, *, start: bool = True) -> Heard | None:
    """Answer what is asked until `until` is asked, or to the end; returns the last reply."""
    heard = talk.says("我要申报") if start else None
    asked = heard.asked if heard is not None else talk.desk().asked
    while asked is not None and asked != until:
        heard = answer(talk, asked)
        asked = heard.asked
    return heard


def answer(talk: Talk, key: str) -> Heard:
    """Give one field what it wants."""
    if key in TEXTS:
        return talk.says(TEXTS[key])
    if key in FILES:
        for seed, (kind, name) in enumerate(FILES[key]):
            heard = talk.gives(make(kind, name, seed, None), name)
        return heard
    return talk.says("跳过")
