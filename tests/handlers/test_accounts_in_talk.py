"""领账号 in chat: who gets an account, where its password goes, and what an admin may do to it (R15)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from sqlalchemy import select, text

from handlers import accounts, contacts, passwords
from handlers.accounts import AccountState
from handlers.messages import GROUP, InboundMessage, MessageKind, Outcome
from storage import admins
from storage import contacts as rows
from storage.accounts import Account
from storage.contacts import Contact
from storage.db import Database
from storage.groups import Group
from storage.outbox import OutboxRow
from storage.people import find_address
from tests.corpus_files import make
from tests.talk import NOON, Talk, campaign

LAST_HOUR = datetime(2024, 6, 11, 15, 0, tzinfo=UTC)
NO_PASSWORD = re.compile(r"[2-9a-hjkmnp-z]{5}-?[2-9a-hjkmnp-z]{5}")


class Office:
    """Chats of contacts and admins over one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def talks(self, name: str) -> Talk:
        talk = Talk(self.database, name=name)
        talk.says("你好")
        return talk

    def contact(self, name: str, union: str = "nanjing", role: str = "A", state: str = "active") -> Talk:
        talk = self.talks(name)
        row = Contact(
            campaign=campaign().pack.name, union_code=union, person_id=self.person(name), name=name,
            phone="13800138000", role=role, state=state, registered_at=NOON, decided_at=NOON,
        )  # fmt: skip
        with self.database.writing() as session:
            rows.add(session, row)
        return talk

    def admin(self) -> Talk:
        talk = self.talks("wangfang")
        with self.database.writing() as session:
            admins.give_chat(session, admins.add(session, "王芳", now=NOON), self.person("wangfang"))
        return talk

    def person(self, name: str) -> int:
        with self.database.reading() as session:
            address = find_address(session, "test", name)
        assert address is not None
        return address.person_id

    def told(self, name: str) -> list[tuple[str, str]]:
        """What waits in the outbox for somebody, by kind."""
        query = select(OutboxRow).where(OutboxRow.address == name).order_by(OutboxRow.id)
        with self.database.reading() as session:
            return [(row.kind, row.text) for row in session.scalars(query)]

    def password_of(self, name: str) -> str:
        secrets = [said for kind, said in self.told(name) if kind == "secret"]
        return secrets[-1]

    def is_right(self, password: str, union: str = "nanjing") -> bool:
        with self.database.reading() as session:
            account = session.scalars(select(Account).where(Account.union_code == union)).one()
        return passwords.holds(account.password_hash, password)

    def state(self, union: str = "nanjing") -> AccountState:
        with self.database.reading() as session:
            return accounts.states(session, campaign(), now=NOON)[union]


@pytest.fixture
def office(database: Database) -> Office:
    return Office(database)


def test_an_active_contact_gets_the_account_and_the_password_apart(office: Office) -> None:
    talk = office.contact("zhangwei")
    heard = talk.says("领账号")
    assert heard.outcome is Outcome.MOVED
    assert "nj2024" in heard.text and "/portal/sign-in" in heard.text
    assert [kind for kind, _ in office.told("zhangwei")] == ["secret"]
    password = office.password_of("zhangwei")
    assert office.is_right(password)
    assert password not in heard.text and office.state() is AccountState.ISSUED


def test_the_password_is_in_no_log_and_no_audit_row(office: Office) -> None:
    office.contact("zhangwei").says("领账号")
    password = office.password_of("zhangwei")
    with office.database.reading() as session:
        kept = [
            str(row)
            for table in ("inbound_messages", "audit", "accounts", "people", "contacts")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    assert len(kept) > 4
    assert [row for row in kept if password in row or password.replace("-", "") in row] == []


@pytest.mark.parametrize("word", ["领账号", "我要领账号", "忘记密码", "账号密码", "重置账号"])
def test_words_for_it(office: Office, word: str) -> None:
    assert office.contact("zhangwei").says(word).outcome is Outcome.MOVED


def test_nobody_else_gets_one(office: Office) -> None:
    office.contact("zhangwei")
    for talk, next_step in (
        (office.talks("lina"), "请先发“登记联系人”"),
        (office.contact("sunli", "wuxi", state="waiting"), "登记还在等省总工会核对"),
        (office.contact("zhao", state="ended"), "您已不再是南京市总工会的联系人"),
    ):
        heard = talk.says("领账号")
        assert (heard.outcome, next_step in heard.text) == (Outcome.ANSWERED, True)
        assert office.told(talk.name) == []
    assert {office.state(), office.state("wuxi")} == {AccountState.NONE}


def test_each_contact_gets_the_own_unions_account_alone(office: Office) -> None:
    nanjing, wuxi = office.contact("zhangwei"), office.contact("lina", "wuxi")
    texts = {"nj2024": nanjing.says("领账号").text, "wx2024": wuxi.says("领账号").text}
    assert [[login for login in texts if login in said] for said in texts.values()] == [
        ["nj2024"],
        ["wx2024"],
    ]
    assert office.is_right(office.password_of("lina"), "wuxi")
    assert not office.is_right(office.password_of("lina"), "nanjing")


def test_in_the_group_it_is_asked_for_in_private(office: Office) -> None:
    talk = office.contact("zhangwei")
    with office.database.writing() as session:
        session.add(Group(campaign=campaign().pack.name, channel="test", chat_id="g", bound_at=NOON))
    message = InboundMessage(
        "test",
        "zhangwei",
        "k-group",
        MessageKind.TEXT,
        text="领账号",
        chat=GROUP,
        chat_id="g",
        addressed=True,
    )
    talk.sends(message)
    told = office.told("g")
    assert [kind for kind, _ in told] == ["reply"]
    assert NO_PASSWORD.search(told[0][1]) is None and office.state() is AccountState.NONE


def test_asked_again_it_asks_before_it_voids_the_password(office: Office) -> None:
    talk = office.contact("zhangwei")
    talk.says("领账号")
    first = office.password_of("zhangwei")
    assert talk.says("领账号").outcome is Outcome.NEEDS_CONFIRMATION
    assert talk.says("否").outcome is Outcome.ANSWERED
    assert office.is_right(first)
    talk.says("领账号")
    assert talk.says("1").outcome is Outcome.MOVED
    second = office.password_of("zhangwei")
    assert (office.is_right(first), office.is_right(second)) == (False, True)


@pytest.mark.parametrize("word", ["否", "取消", "算了"])
def test_the_question_can_be_left(office: Office, word: str) -> None:
    talk = office.contact("zhangwei")
    talk.says("领账号")
    talk.says("领账号")
    assert talk.says(word).outcome is Outcome.ANSWERED
    assert talk.desk().pending is None


@pytest.mark.parametrize("said", ["是", "1"])
def test_a_yes_long_after_the_question_voids_nothing(office: Office, said: str) -> None:
    talk = office.contact("zhangwei")
    talk.says("领账号")
    talk.says("领账号")
    talk.later(hours=2)
    talk.says(said)
    assert office.is_right(office.password_of("zhangwei"))
    assert (secret_of(office), talk.desk().pending) == (["secret"], None)


def test_a_number_for_the_form_answers_no_older_question(office: Office) -> None:
    talk = office.contact("zhangwei")
    for said in ("领账号", "领账号", "我要申报", "修改成果类别", "1"):
        talk.says(said)
    assert (secret_of(office), talk.answers()["category"]) == (["secret"], "小发明")


def test_who_is_replaced_while_the_question_stands_gets_nothing(office: Office) -> None:
    talk = office.contact("zhangwei")
    talk.says("领账号")
    talk.says("领账号")
    with office.database.writing() as session:
        contact = rows.find_active(session, campaign().pack.name, office.person("zhangwei"))
        assert contact is not None
        contacts.end(session, campaign(), contact, actor_label="admin:1", now=NOON)
    heard = talk.says("是")
    assert (heard.outcome, "nj2024" in heard.text) == (Outcome.ANSWERED, False)
    assert office.state() is AccountState.NONE


def test_the_backup_shares_the_account_and_the_other_is_told_of_a_reset(office: Office) -> None:
    first, backup = office.contact("zhangwei"), office.contact("lina", role="B")
    first.says("领账号")
    assert backup.says("领账号").outcome is Outcome.NEEDS_CONFIRMATION
    backup.says("是")
    assert office.is_right(office.password_of("lina"))
    told = office.told("zhangwei")[-1]
    assert (told[0], "lina" in told[1], office.password_of("lina") in told[1]) == ("duty", True, False)


def test_a_successor_asks_for_a_new_one(office: Office) -> None:
    office.contact("zhangwei").says("领账号")
    with office.database.writing() as session:
        old = rows.find_active(session, campaign().pack.name, office.person("zhangwei"))
        assert old is not None
        contacts.end(session, campaign(), old, actor_label="admin:1", now=NOON)
    assert not office.is_right(office.password_of("zhangwei"))
    assert office.contact("lina").says("领账号").outcome is Outcome.MOVED
    assert office.is_right(office.password_of("lina"))


def secret_of(office: Office) -> list[str]:
    return [kind for kind, _ in office.told("zhangwei") if kind == "secret"]


def test_the_password_survives_the_notice_of_the_last_hours(office: Office) -> None:
    talk = office.contact("zhangwei")
    talk.says("我要申报")
    talk.now = LAST_HOUR
    assert "nj2024" in talk.says("领账号").text
    assert secret_of(office) == ["secret"]


def test_a_value_that_waits_for_a_yes_still_waits(office: Office) -> None:
    talk = office.contact("zhangwei")
    for said in ("我要申报", "修改上级工会", "江宁"):
        talk.says(said)
    pending = talk.desk().pending
    assert pending is not None and pending["kind"] == "value"
    assert talk.says("领账号").outcome is Outcome.MOVED
    assert (secret_of(office), talk.desk().pending) == (["secret"], pending)


def test_the_password_survives_files_that_wait_for_a_place(office: Office) -> None:
    talk = office.contact("zhangwei")
    talk.says("我要申报")
    talk.gives(make("jpeg", "照片.jpg", 1), "照片.jpg", kind=MessageKind.IMAGE)
    assert (talk.desk().pending or {}).get("kind") == "place"
    talk.says("领账号")
    assert secret_of(office) == ["secret"]


@pytest.mark.parametrize("said", ["账号 南京 重置", "账号南京市总工会重置", "账号 南京 发放", "重置账号"])
def test_an_admins_reset_goes_to_the_contact_and_not_to_the_admin(office: Office, said: str) -> None:
    admin, _ = office.admin(), office.contact("zhangwei")
    heard = admin.says(said)
    if said == "重置账号":
        assert (heard.outcome, "哪家工会" in heard.text) == (Outcome.REJECTED, True)
        return
    assert (heard.outcome, "zhangwei" in heard.text) == (Outcome.MOVED, True)
    assert [kind for kind, _ in office.told("zhangwei")] == ["duty", "secret"]
    assert office.is_right(office.password_of("zhangwei"))
    assert office.password_of("zhangwei") not in heard.text and office.told("wangfang") == []


def test_a_reset_without_a_contact_changes_nothing(office: Office) -> None:
    heard = office.admin().says("账号 南京 重置")
    assert (heard.outcome, "登记联系人" in heard.text) == (Outcome.REJECTED, True)
    assert office.state() is AccountState.NONE


def test_a_contact_who_cannot_be_reached_keeps_the_password(office: Office) -> None:
    admin, talk = office.admin(), office.contact("zhangwei")
    talk.says("领账号")
    with office.database.writing() as session:
        address = find_address(session, "test", "zhangwei")
        assert address is not None
        address.reachable = False
    assert admin.says("账号 南京 重置").outcome is Outcome.REJECTED
    assert office.is_right(office.password_of("zhangwei"))


def test_revoked_and_restored_by_an_admin(office: Office) -> None:
    admin, talk = office.admin(), office.contact("zhangwei")
    talk.says("领账号")
    assert admin.says("账号 南京 停用").outcome is Outcome.MOVED
    assert office.state() is AccountState.REVOKED
    assert talk.says("领账号").outcome is Outcome.REJECTED
    assert admin.says("账号 南京 启用").outcome is Outcome.MOVED
    assert talk.says("领账号").outcome is Outcome.MOVED
    assert [kind for kind, _ in office.told("zhangwei")] == ["secret", "duty", "duty", "secret"]


@pytest.mark.parametrize("deed", ["重置", "停用", "启用"])
def test_nobody_but_an_admin_touches_an_account(office: Office, deed: str) -> None:
    office.contact("zhangwei").says("领账号")
    for talk in (office.contact("lina", "wuxi"), office.talks("sunli")):
        heard = talk.says(f"账号 南京 {deed}")
        assert (heard.outcome, "nj2024" in heard.text) == (Outcome.REJECTED, False)
    assert office.is_right(office.password_of("zhangwei"))


def test_whether_a_union_is_known_is_told_to_an_admin_alone(office: Office) -> None:
    talk = office.contact("zhangwei")
    heard = [talk.says(f"账号 {named} 停用") for named in ("无锡", "昆山")]
    assert heard[0].outcome is heard[1].outcome is Outcome.REJECTED
    assert heard[0].text == heard[1].text


@pytest.mark.parametrize("named", ["南", "昆山", "江苏", "xx", "南晶"])
def test_an_account_is_not_touched_on_a_guess(office: Office, named: str) -> None:
    office.contact("zhangwei")
    heard = office.admin().says(f"账号 {named} 停用")
    assert (heard.outcome, "哪家工会" in heard.text) == (Outcome.REJECTED, True)
    assert office.state() is AccountState.NONE


def test_an_admin_gets_an_account_of_the_own(office: Office) -> None:
    admin = office.admin()
    heard = admin.says("领账号")
    with office.database.reading() as session:
        account = session.scalars(select(Account)).one()
    assert (heard.outcome, account.union_code, account.login in heard.text) == (Outcome.MOVED, None, True)
    assert passwords.holds(account.password_hash, office.password_of("wangfang"))


def test_somebody_whose_registration_waits_is_told_to_wait(office: Office) -> None:
    assert "先发“登记联系人”" in office.talks("lina").says("领账号").text
    assert office.contact("zhangwei", state="waiting").says("领账号").text == (
        "您的联系人登记还在等省总工会核对（附件5），通过后会马上告诉您，那时再发“领账号”就行。"
    )


def test_help_names_the_words_of_each_role(office: Office) -> None:
    def words(talk: Talk) -> set[str]:
        lines = [line.split("　")[0] for line in talk.says("帮助").text.splitlines()]
        return {"待办", "账号 南京 重置", "已邮件报送", "催办", "跳过", "登记联系人", "转人工"} & set(lines)

    contact, admin = office.contact("zhangwei"), office.admin()
    assert words(office.talks("lina")) == {"跳过", "登记联系人", "转人工"}
    assert words(contact) == {"已邮件报送", "催办", "登记联系人", "转人工"}
    assert words(admin) == {"待办", "账号 南京 重置", "催办", "转人工"}
    contact.says("我要申报")
    assert words(contact) == {"已邮件报送", "催办", "登记联系人", "跳过", "转人工"}
