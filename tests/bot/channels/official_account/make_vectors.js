// Makes vectors.json with Tencent's own @wecom/crypto, the independent side of the AES tests:
//   npm install @wecom/crypto@1.0.1 && node make_vectors.js > vectors.json
// Only invented keys and texts. "filling" is the sixteen random bytes before the message.
const { encrypt, getSignature } = require('@wecom/crypto');

const account = { app_id: 'wx0123456789abcdef', token: 'a-token-for-tests', encoding_aes_key: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG' };
const envelope = (content) =>
  '<xml><ToUserName><![CDATA[gh_0123456789ab]]></ToUserName><FromUserName><![CDATA[oEXAMPLE0zhangwei00000000001]]></FromUserName>' +
  `<CreateTime>1700000000</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${content}]]></Content><MsgId>23456789012345001</MsgId></xml>`;

// Every remainder of the 32-byte block, then texts that are not plain ASCII.
const contents = Array.from({ length: 33 }, (_, length) => 'a'.repeat(length));
contents.push('我要申报', '😀👨‍👩‍👧', '阀门密封结构改进\n\n一、背景', '<b>&amp;</b>', '双道密封'.repeat(400));

const messages = contents.map((content, number) => {
  const filling = `filling-${String(number).padStart(8, '0')}`;
  const timestamp = '1700000000', nonce = `nonce${number}`, xml = envelope(content);
  const encrypted = encrypt(account.encoding_aes_key, xml, account.app_id, Buffer.from(filling));
  return { content, xml, filling, encrypted, timestamp, nonce, msg_signature: getSignature(account.token, timestamp, nonce, encrypted) };
});
process.stdout.write(JSON.stringify({ made_by: 'make_vectors.js with npm @wecom/crypto 1.0.1', account, messages }, null, 1) + '\n');
