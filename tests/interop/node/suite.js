// SPDX-License-Identifier: GPL-3.0-or-later
// The ali-ons client against a broker: node suite.js [CASE]...  (GANTRY_NAMESRV names the NameServer)
'use strict';

const assert = require('assert');
const net = require('net');
const { Producer, Consumer, Message } = require('ali-ons');

const namesrv = process.env.GANTRY_NAMESRV || '127.0.0.1:9876';
const run = (Date.now() % 2000000000).toString(36);
const quiet = { info() {}, warn() {}, debug() {}, error() {} };
const sleep = ms => new Promise(r => setTimeout(r, ms));
let instances = 0;

function options(more) {
  return Object.assign({
    nameSrv: namesrv,
    logger: quiet,
    // Read by the client even with a fixed NameServer; must never be used.
    httpclient: { request() { throw new Error('the client asked for an address server'); } },
    instanceName: `n${++instances}-${run}`,
    clientIP: '127.0.0.1',
    accessKeyId: 'key',
    accessKeySecret: 'secret',
    pollNameServerInteval: 1000,
    heartbeatBrokerInterval: 3000,
    rebalanceInterval: 1000,
    persistConsumerOffsetInterval: 1000,
  }, more);
}

// One request of the remoting protocol on a connection of its own.
function call(address, code, extFields) {
  const [ host, port ] = address.split(':');
  const head = Buffer.from(JSON.stringify({ code, extFields, flag: 0, language: 'OTHER', opaque: 1, version: 479 }));
  const sizes = Buffer.alloc(8);
  sizes.writeInt32BE(4 + head.length, 0);
  sizes.writeInt32BE(head.length, 4);
  return new Promise((resolve, reject) => {
    const socket = net.connect(Number(port), host);
    let data = Buffer.alloc(0);
    socket.setTimeout(5000, () => socket.destroy(new Error(`${address} did not answer request ${code}`)));
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`${address} closed the connection at request ${code}`)));
    socket.on('data', d => {
      data = Buffer.concat([ data, d ]);
      if (data.length < 4 || data.length < 4 + data.readInt32BE(0)) return;
      const n = data.readInt32BE(4) & 0xffffff;
      resolve({ head: JSON.parse(data.subarray(8, 8 + n)), body: data.subarray(8 + n).toString() });
      socket.destroy();
    });
    socket.write(Buffer.concat([ sizes, head ]));
  });
}

// The client makes no topics: it takes the NameServer's "no such topic" for final.
async function createTopic(topic, queues) {
  const cluster = await call(namesrv, 106, {});
  const broker = /"(\d+\.\d+\.\d+\.\d+:\d+)"/.exec(cluster.body)[1];
  const answer = await call(broker, 17, { topic, defaultTopic: 'TBW102', readQueueNums: `${queues}`, writeQueueNums: `${queues}`,
    perm: '6', topicFilterType: 'SINGLE_TAG', topicSysFlag: '0', order: 'false' });
  assert.strictEqual(answer.head.code, 0, `creating ${topic}: ${answer.head.remark}`);
  for (let i = 0; i < 50; i++) {
    if ((await call(namesrv, 105, { topic })).head.code === 0) return;
    await sleep(100);
  }
  throw new Error(`the NameServer has no route for ${topic}`);
}

class Case {
  constructor(name) {
    this.name = name;
    this.topic = `it_node_${name}_${run}`;
    this.open = [];
    this.errors = [];
  }

  async producer() {
    const p = new Producer(options({ producerGroup: `PID_it_node_${this.name}_${run}`, sendMsgTimeout: 10000 }));
    p.on('error', e => this.errors.push(e));
    await p.ready();
    this.open.push(p);
    return p;
  }

  async consumer(group, filter, handler, more) {
    const c = new Consumer(options(Object.assign({ consumerGroup: `GID_it_node_${this.name}${group}_${run}`,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET' }, more)));
    c.on('error', e => this.errors.push(e));
    c.subscribe(this.topic, filter, handler);
    await c.ready();
    this.open.push(c);
    return c;
  }

  async until(what, seconds, test) {
    const end = Date.now() + seconds * 1000;
    while (!test()) {
      if (Date.now() > end) {
        const errors = this.errors.length ? `; client errors: ${this.errors.slice(0, 3).map(e => e.message).join(' | ')}` : '';
        throw new Error(`after ${seconds} s: ${what()}${errors}`);
      }
      await sleep(20);
    }
  }

  async close() {
    for (const c of this.open.reverse()) {
      await Promise.race([c.close().catch(() => {}), sleep(5000)]);
    }
  }
}

function message(topic, tag, body, key) {
  const m = new Message(topic, tag, body);
  if (key) m.keys = [key];
  return m;
}

async function send(p, m) {
  const r = await p.send(m);
  assert.strictEqual(r.sendStatus, 'SEND_OK', `send status of ${m.body}`);
  return r;
}

const cases = {
  async send(t) {
    const p = await t.producer();
    const queues = new Map();
    for (let i = 0; i < 12; i++) {
      const r = await send(p, message(t.topic, 'A', `body ${i}`, `k${i}`));
      assert.match(r.msgId, /^[0-9A-F]{32}$/, 'message id');
      const q = r.messageQueue;
      assert.strictEqual(q.topic, t.topic);
      assert.strictEqual(Number(r.queueOffset), queues.get(q.queueId) || 0, `queue offset in queue ${q.queueId}`);
      queues.set(q.queueId, Number(r.queueOffset) + 1);
    }
    assert.strictEqual(queues.size, 4, 'queues used');
  },

  async unknown_topic(t) {
    const p = await t.producer();
    await assert.rejects(p.send(message(`${t.topic}_none`, 'A', 'x')), e => e.code === 17, 'no refusal with code 17');
  },

  async consume(t) {
    const p = await t.producer();
    await send(p, message(t.topic, 'täg', 'Grüße 世界 🚀', 'schlüssel'));
    const got = [];
    await t.consumer('', '*', async m => { got.push(m); });
    await t.until(() => 'the message did not come', 20, () => got.length > 0);
    const m = got[0];
    assert.strictEqual(m.body.toString(), 'Grüße 世界 🚀');
    assert.strictEqual(m.tags, 'täg');
    assert.strictEqual(m.keys, 'schlüssel');
    assert.strictEqual(m.topic, t.topic);
    assert.strictEqual(m.reconsumeTimes, 0);
    assert.match(m.storeHost, /127\.0\.0\.1/, 'store host');
    const begin = Date.now();
    await send(p, message(t.topic, 'x', 'prompt'));
    await t.until(() => 'the second message did not come', 20, () => got.length > 1);
    assert(Date.now() - begin < 2000, `a waiting consumer got the message only after ${Date.now() - begin} ms`);
  },

  async tags(t) {
    const p = await t.producer();
    const want = [];
    for (let i = 0; i < 60; i++) {
      const tag = [ 'red', 'green', 'blue' ][i % 3];
      await send(p, message(t.topic, tag, `${tag} ${i}`));
      if (tag !== 'green') want.push(`${tag} ${i}`);
    }
    const got = [];
    await t.consumer('', 'red || blue', async m => { got.push(m.body.toString()); });
    await t.until(() => `${got.length} of ${want.length} came`, 20, () => got.length >= want.length);
    await sleep(500);
    assert.deepStrictEqual(got.sort(), want.sort());
  },

  async thousand(t) {
    const p = await t.producer();
    await send(p, message(t.topic, 'first', 'first'));
    const times = new Map();
    await t.consumer('', '*', async m => {
      const b = m.body.toString();
      times.set(b, (times.get(b) || 0) + 1);
    }, { parallelConsumeLimit: 8 });
    const want = new Set([ 'first' ]);
    for (let i = 0; i < 1000; i += 10) {
      await Promise.all(Array.from({ length: 10 }, (_, k) => {
        want.add(`m${i + k}`);
        return send(p, message(t.topic, 'T', `m${i + k}`));
      }));
    }
    await t.until(() => `${times.size} of ${want.size} came`, 60, () => times.size >= want.size);
    await sleep(500);
    assert.strictEqual(times.size, want.size);
    for (const [ b, n ] of times) {
      assert(want.has(b), `unexpected message ${b}`);
      assert.strictEqual(n, 1, `${b} came ${n} times`);
    }
  },

  async large(t) {
    const p = await t.producer();
    const plain = 'all work and no play '.repeat(4000);
    await send(p, message(t.topic, 'Z', plain));
    const got = [];
    await t.consumer('', '*', async m => { got.push(m); });
    await t.until(() => 'the message did not come', 20, () => got.length > 0);
    assert.strictEqual(got[0].body.toString(), plain, 'a body over the compression limit');
    assert(got[0].storeSize < plain.length / 4, `stored in ${got[0].storeSize} bytes: not compressed`);
  },

  async retry(t) {
    const p = await t.producer();
    await send(p, message(t.topic, 'R', 'again'));
    const seen = [];
    await t.consumer('', '*', async m => {
      seen.push({ times: m.reconsumeTimes, at: Date.now(), topic: m.topic });
      return seen.length === 1 ? Consumer.ACTION_RETRY : undefined;
    });
    // Level 3, 10 s, is the broker's choice for the first repeat.
    await t.until(() => `seen ${seen.length} times`, 45, () => seen.length >= 2);
    await sleep(500);
    assert.deepStrictEqual(seen.map(s => s.times), [ 0, 1 ]);
    assert.strictEqual(seen[1].topic, t.topic, 'topic of the repeat');
    const took = seen[1].at - seen[0].at;
    assert(took >= 10000, `the repeat came after ${took} ms, due after 10000`);
  },

  async delayed(t) {
    const p = await t.producer();
    const got = [];
    await send(p, message(t.topic, 'D', 'now'));
    await t.consumer('', '*', async m => { got.push([ m.body.toString(), Date.now() ]); });
    await t.until(() => 'the first message did not come', 20, () => got.length > 0);
    const m = message(t.topic, 'D', 'later');
    m.properties.DELAY = '2';
    const begin = Date.now();
    await send(p, m);
    await t.until(() => 'the delayed message did not come', 20, () => got.length > 1);
    const took = got[1][1] - begin;
    assert(took >= 5000, `it came after ${took} ms, due after 5000`);
  },

  async two_consumers(t) {
    const p = await t.producer();
    await send(p, message(t.topic, 'B', 'm0'));
    const got = [ new Set(), new Set() ];
    for (const g of got) {
      await t.consumer('', '*', async m => { g.add(m.body.toString()); });
    }
    const all = () => new Set([ ...got[0], ...got[1] ]);
    let n = 1;
    // Sends on until both have a share: the client learns of the other one by its timer.
    await t.until(() => `shares ${got[0].size} and ${got[1].size}, ${all().size} of ${n}`, 30, () => {
      if (n < 2000 && !(got[0].size && got[1].size && n >= 100)) {
        send(p, message(t.topic, 'B', `m${n++}`)).catch(e => t.errors.push(e));
      }
      return got[0].size && got[1].size && n >= 100 && all().size === n;
    });
  },

  async offsets(t) {
    const p = await t.producer();
    for (let i = 0; i < 20; i++) await send(p, message(t.topic, 'O', `a${i}`));
    const first = new Set();
    const c = await t.consumer('', '*', async m => { first.add(m.body.toString()); });
    await t.until(() => `${first.size} of 20`, 20, () => first.size === 20);
    await sleep(1500);
    await c.close();
    t.open.splice(t.open.indexOf(c), 1);
    for (let i = 0; i < 10; i++) await send(p, message(t.topic, 'O', `b${i}`));
    const second = [];
    await t.consumer('', '*', async m => { second.push(m.body.toString()); });
    await t.until(() => `${second.length} of 10`, 20, () => second.length >= 10);
    await sleep(500);
    assert.deepStrictEqual(second.sort(), Array.from({ length: 10 }, (_, i) => `b${i}`));
  },

  async broadcast(t) {
    const p = await t.producer();
    await send(p, message(t.topic, 'B', 'm0'));
    const got = [ new Set(), new Set() ];
    for (const g of got) {
      await t.consumer('', '*', async m => { g.add(m.body.toString()); }, { isBroadcast: true });
    }
    for (let i = 1; i < 20; i++) await send(p, message(t.topic, 'B', `m${i}`));
    await t.until(() => `${got[0].size} and ${got[1].size} of 20`, 20, () => got.every(g => g.size === 20));
  },
};

async function one(name) {
  const t = new Case(name);
  const begin = Date.now();
  let error = null;
  try {
    await createTopic(t.topic, 4);
    await Promise.race([ cases[name](t), sleep(90000).then(() => { throw new Error('still running after 90 s'); }) ]);
  } catch (e) {
    error = e;
  }
  await t.close().catch(() => {});
  const seconds = ((Date.now() - begin) / 1000).toFixed(2);
  console.log(`${error ? 'FAIL' : 'ok  '}  ${name.padEnd(32)} ${seconds.padStart(6)} s`);
  if (error) console.log('      ' + error.stack.split('\n').slice(0, 8).join('\n      '));
  return !error;
}

async function main() {
  const wanted = process.argv.slice(2);
  for (const w of wanted) {
    if (!cases[w]) throw new Error(`no case named ${w}`);
  }
  const names = wanted.length ? wanted : Object.keys(cases);
  process.on('unhandledRejection', e => console.error('unhandled:', e && e.message));
  let passed = 0;
  const todo = [ ...names ].sort((a, b) => (b === 'retry') - (a === 'retry'));
  // Two at a time: most of the time is waiting.
  await Promise.all([ 0, 1 ].map(async () => {
    while (todo.length) {
      if (await one(todo.shift())) passed++;
    }
  }));
  console.log(`node: ${passed} passed, ${names.length - passed} failed, 0 skipped`);
  process.exit(passed === names.length ? 0 : 1);
}

main().catch(e => { console.error(e); process.exit(1); });
