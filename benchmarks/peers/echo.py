"""The floor: Flask and wechatpy as their tutorials have it, echoing, storing nothing."""

from __future__ import annotations

from flask import Flask, Response, request
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import create_reply
from wechatpy.utils import check_signature

from tests.platform import AES_KEY, APP_ID, TOKEN

app = Flask(__name__)
crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)


@app.post("/callback/official-account")
def callback() -> Response:
    query = request.args
    check_signature(TOKEN, query["signature"], query["timestamp"], query["nonce"])
    encrypted = query.get("encrypt_type") == "aes"
    body = request.get_data()
    if encrypted:
        body = crypto.decrypt_message(body, query["msg_signature"], query["timestamp"], query["nonce"])
    message = parse_message(body)
    xml = create_reply(message.content, message).render()
    if encrypted:
        xml = crypto.encrypt_message(xml, query["nonce"], query["timestamp"])
    return Response(xml, mimetype="application/xml")
