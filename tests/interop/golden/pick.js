// SPDX-License-Identifier: GPL-3.0-or-later
// node pick.js CAPTURE FOLDER CLIENT SUFFIX MARK: from the frames tee.js wrote, one request and one response per wanted
// code, as FOLDER/*.hex. MARK is part of the names of the driver's topics and groups.
'use strict';

const fs = require('fs');
const path = require('path');

const [ capture, folder, clientName, suffix, mark ] = process.argv.slice(2);
const lines = fs.readFileSync(capture, 'utf8').trim().split('\n').map(l => JSON.parse(l));
for (const f of lines) {
  const b = Buffer.from(f.hex, 'hex');
  const n = b.readInt32BE(4) & 0xffffff;
  f.type = b[4];
  f.head = JSON.parse(b.subarray(8, 8 + n));
  f.body = b.subarray(8 + n);
  f.response = (f.head.flag & 1) === 1;
}
// Pairs: same connection, other direction, same opaque.
for (const f of lines.filter(f => !f.response)) {
  f.answer = lines.find(g => g.response && g.conn === f.conn && g.toServer !== f.toServer && g.head.opaque === f.head.opaque);
}

const topicOf = f => (f.head.extFields || {}).topic || (f.head.extFields || {}).b || '';
const mine = f => JSON.stringify(f.head.extFields || {}).includes(mark);
// file, code, title, which request (the first that fits is taken)
const wanted = [
  [ '103-register-broker', 103, 'REGISTER_BROKER', () => true ],
  [ '105-route', 105, 'GET_ROUTEINFO_BY_TOPIC', f => mine(f) && f.answer && f.answer.head.code === 0 ],
  [ '105-route-unknown', 105, 'GET_ROUTEINFO_BY_TOPIC, no such topic', f => mine(f) && f.answer && f.answer.head.code === 17 ],
  [ '106-cluster', 106, 'GET_BROKER_CLUSTER_INFO', f => (f.head.extFields === undefined || f.head.language === 'JAVA') && f.head.opaque !== 1 ],
  [ '17-create-topic', 17, 'UPDATE_AND_CREATE_TOPIC', mine ],
  [ '34-heartbeat-producer', 34, 'HEART_BEAT of a producer', f => f.body.includes('"producerDataSet":[{') && f.body.includes('"consumerDataSet":[]') && f.body.includes(mark) ],
  [ '34-heartbeat-consumer', 34, 'HEART_BEAT of a push consumer', f => f.body.includes('"consumerDataSet":[{') && f.body.includes(`${mark}_retry`) ],
  [ '35-unregister', 35, 'UNREGISTER_CLIENT of a consumer', f => mine(f) && !!f.head.extFields.consumerGroup ],
  [ '38-consumer-list', 38, 'GET_CONSUMER_LIST_BY_GROUP', f => mine(f) && f.answer && f.answer.head.code === 0 ],
  [ '310-send', 310, 'SEND_MESSAGE_V2', f => topicOf(f).includes(`${mark}_send`) ],
  [ '310-send-compressed', 310, 'SEND_MESSAGE_V2, compressed body', f => topicOf(f).includes(`${mark}_send`) && (Number(f.head.extFields.f) & 1) === 1 ],
  [ '310-send-refused', 310, 'SEND_MESSAGE_V2 refused, illegal topic', f => f.answer && f.answer.head.code === 29 ],
  [ '320-send-batch', 320, 'SEND_BATCH_MESSAGE', mine ],
  [ '11-pull-found', 11, 'PULL_MESSAGE, messages found', f => topicOf(f).includes(`${mark}_send`) && f.answer && f.answer.head.code === 0 ],
  [ '11-pull-not-found', 11, 'PULL_MESSAGE at the end of the queue', f => topicOf(f).includes(`${mark}_send`) && f.answer && f.answer.head.code === 19 ],
  [ '11-pull-offset-moved', 11, 'PULL_MESSAGE far behind the end', f => topicOf(f).includes(`${mark}_send`) && f.answer && f.answer.head.code === 21 ],
  [ '11-pull-no-match', 11, 'PULL_MESSAGE, nothing passes the tag filter', f => topicOf(f).includes(`${mark}_send`) && f.answer && f.answer.head.code === 20 ],
  [ '11-pull-push-consumer', 11, 'PULL_MESSAGE of a push consumer', f => topicOf(f).includes(`${mark}_retry`) && !topicOf(f).startsWith('%') && f.answer && f.answer.head.code === 0 ],
  [ '15-update-offset', 15, 'UPDATE_CONSUMER_OFFSET', mine ],
  [ '14-query-offset', 14, 'QUERY_CONSUMER_OFFSET', f => mine(f) && f.answer && f.answer.head.code === 0 ],
  [ '14-query-offset-none', 14, 'QUERY_CONSUMER_OFFSET, nothing stored', f => mine(f) && f.answer && f.answer.head.code === 22 ],
  [ '29-search-offset', 29, 'SEARCH_OFFSET_BY_TIMESTAMP', mine ],
  [ '30-max-offset', 30, 'GET_MAX_OFFSET', mine ],
  [ '31-min-offset', 31, 'GET_MIN_OFFSET', mine ],
  [ '36-send-back', 36, 'CONSUMER_SEND_MSG_BACK', mine ],
  [ '41-lock', 41, 'LOCK_BATCH_MQ', f => f.body.includes(mark) && f.answer && f.answer.body.includes('"queueId"') ],
  [ '42-unlock', 42, 'UNLOCK_BATCH_MQ', f => f.body.includes(mark) ],
  [ '12-query-message', 12, 'QUERY_MESSAGE by key', f => mine(f) && f.answer && f.answer.head.code === 0 && f.head.extFields._UNIQUE_KEY_QUERY !== 'true' ],
  [ '12-query-unique-key', 12, 'QUERY_MESSAGE by unique key', f => mine(f) && f.answer && f.answer.head.code === 0 && f.head.extFields._UNIQUE_KEY_QUERY === 'true' ],
  [ '33-view-message', 33, 'VIEW_MESSAGE_BY_ID', f => f.answer && f.answer.head.code === 0 ],
  [ '40-notify-consumer-ids', 40, 'NOTIFY_CONSUMER_IDS_CHANGED', mine ],
  [ '104-unregister-broker', 104, 'UNREGISTER_BROKER', () => true ],
  [ '3-unknown-code', 29999, 'a code that does not exist', () => true ],
];

fs.mkdirSync(folder, { recursive: true });
const missing = [];
for (const [ name, code, title, fits ] of wanted) {
  const request = lines.find(f => !f.response && f.head.code === code && fits(f));
  if (!request) {
    missing.push(name);
    continue;
  }
  const write = (f, kind) => {
    const way = f.toServer ? 'client to server' : 'server to client';
    const oneway = kind === 'request' && (f.head.flag & 2) ? ', one-way' : '';
    const result = kind === 'response' ? `, result ${f.head.code}` : '';
    const text = `# code ${code} ${title}: ${kind}${result}, ${way}${oneway}; ${clientName}, server 5.3.3\n`
      + f.hex.match(/.{1,96}/g).join('\n') + '\n';
    fs.writeFileSync(path.join(folder, `${name}-${kind}${suffix}.hex`), text);
  };
  write(request, 'request');
  if (request.answer && !(request.head.flag & 2)) write(request.answer, 'response');
}
console.log(`${wanted.length - missing.length} exchanges written` + (missing.length ? `, not seen: ${missing.join(' ')}` : ''));
