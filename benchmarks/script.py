"""What people say in the benchmark: a whole form, and the signed requests that carry it."""

from __future__ import annotations

import hashlib
import itertools
import secrets
import time
from collections.abc import Sequence

from benchmarks.load import Person
from tests.platform import Platform, encrypt, sign

TOKEN = "a-token-for-tests"
PATH = "/callback/official-account"
_TITLES = itertools.count(1)

SUMMARY = (
    "1.适用领域：机械加工企业的装配钳工、维修钳工，适用于大型回转支承的安装与检修。\n"
    "2.解决的实际问题：原来用吊车配合人工找正，一次装配要四个人干六个小时，螺栓孔对不齐，返工多，夹手砸脚的隐患一直存在。\n"
    "3.创新点：自主设计了三点浮动找正台，用滚珠丝杠微调高度，用百分表读数代替肉眼观察，操作者一个人就能完成找正。\n"
    "4.经济效益和社会效益：单台装配时间缩短到一个半小时，全年节约人工和吊装费用三十二万元；减轻了劳动强度，杜绝了吊装伤害，"
    "带动同行业三家企业采用，培养青年技工十八名。\n5.其他：已形成作业指导书，班组每月复核一次精度。"
)
ANSWERS = (
    ("我要申报", "第1项"),
    ("张伟、李娜、王芳", "第2项"),
    ("张伟，装配钳工，高级技师，从业二十二年，主持技术攻关十余项。", "第3项"),
    ("江苏示例机械制造有限公司", "第4项"),
    ("13800138000", "第5项"),
    ("南京", "第6项"),
    ("3", "第7项"),
    ("跳过", "第7项"),
    ("跳过", "第8项"),
    ("大型回转支承三点浮动找正台的研制{n}号", "第9项"),
    (SUMMARY, "第10项"),
    ("C34", "第11项"),
    ("国内外多用液压调平，价格高、占地大；车间现有的办法靠吊车和撬棍，精度低、风险大，班组急需一种一个人就能操作、花钱不多的找正工具，也缺少成熟的作业标准可以照着做。", "第12项"),
    ("找正精度由0.5mm提高到0.05mm，单台时间由360min缩短到90min，操作人数由4人减为1人，适用直径800mm至2600mm，承载不小于8t，连续使用300台无故障。", "第13项"),
    (SUMMARY.replace("1.适用领域", "1.创新性、及时性、实用性"), "第14项"),
    ("经济效益：\n1.全年节约三十二万元，投入四万元，两个月收回成本。\n社会效益：\n" + SUMMARY, "第15项"),
    ("跳过", "第16项"),
    ("跳过", "第17项"),
    ("跳过", "第18项"),
    ("跳过", "第19项"),
    ("是", "还差"),
)  # fmt: skip


def people(count: int, *, mode: str, port: int) -> list[Person]:
    """So many people with everything they will say, signed now; good for five minutes."""
    return [_person(f"o{secrets.token_hex(13)}", mode, port) for _ in range(count)]


def _person(openid: str, mode: str, port: int) -> Person:
    number = next(_TITLES)
    return Person(openid, [_request(openid, text.format(n=number), mode, port) for text, _ in ANSWERS])


def _request(openid: str, text: str, mode: str, port: int) -> bytes:
    xml = Platform("", mode).text(openid, text)
    timestamp, nonce = str(int(time.time())), secrets.token_hex(5)
    query = f"signature={sign(TOKEN, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}&openid={openid}"
    if mode == "aes":
        encrypted = encrypt(xml)
        query += f"&encrypt_type=aes&msg_signature={sign(TOKEN, timestamp, nonce, encrypted)}"
        xml = f"<xml><ToUserName><![CDATA[gh]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    body = xml.encode()
    head = (
        f"POST {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def wrong_answers(subjects: Sequence[Person], *, mode: str, form: bool) -> int:
    """How many replies were not the right one: the next question of the form, or any reply at all."""
    wrong = 0
    for person in subjects:
        for (_, marker), reply in zip(ANSWERS, person.replies, strict=False):
            text = _opened(reply) if mode == "aes" else reply.decode()
            wrong += (marker if form else "<Content>") not in text
    return wrong


def _opened(reply: bytes) -> str:
    from xml.etree import ElementTree

    from tests.platform import decrypt

    root = ElementTree.fromstring(reply)
    encrypted = root.findtext("Encrypt") or ""
    signed = "".join(
        sorted((TOKEN, root.findtext("TimeStamp") or "", root.findtext("Nonce") or "", encrypted))
    )
    if root.findtext("MsgSignature") != hashlib.sha1(signed.encode()).hexdigest():
        return ""
    return decrypt(encrypted)
