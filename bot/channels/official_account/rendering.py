"""Text on its way to the platform: what its XML and JSON can carry, and the passive reply."""

from __future__ import annotations

import re
from datetime import datetime

from wechatpy.replies import TextReply

# XML 1.0 knows none of these, and lone surrogates are not even text.
_ILLEGIBLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\ud800-\\udfff\\ufffe\\uffff]")


def legible(text: str) -> str:
    """The text without the characters that neither XML nor UTF-8 can carry."""
    return _ILLEGIBLE.sub("", text)


def _within_cdata(text: str) -> str:
    # wechatpy writes the text into a CDATA section as it is, so that "]]>" would end it.
    return legible(text).replace("]]>", "]]]]><![CDATA[>")


def passive_reply(text: str, *, account: str, person: str, now: datetime) -> str:
    """The XML of a text reply from `account` to `person`."""
    reply = TextReply(
        source=_within_cdata(account),
        target=_within_cdata(person),
        content=_within_cdata(text),
        time=int(now.timestamp()),
    )
    return str(reply.render())
