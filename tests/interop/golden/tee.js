// SPDX-License-Identifier: GPL-3.0-or-later
// node tee.js OUT TO_HOST PORT...: listens on 127.0.0.1:PORT, passes on to TO_HOST:PORT and writes
// every frame that goes by to OUT, one JSON line each. Ends with SIGTERM.
'use strict';

const fs = require('fs');
const net = require('net');

const [ out, toHost, ...ports ] = process.argv.slice(2);
const file = fs.openSync(out, 'a');
let connections = 0;

function splitter(note) {
  let rest = Buffer.alloc(0);
  return d => {
    rest = Buffer.concat([ rest, d ]);
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const n = 4 + rest.readInt32BE(0);
      note(rest.subarray(0, n));
      rest = rest.subarray(n);
    }
  };
}

for (const port of ports) {
  net.createServer(client => {
    const conn = ++connections;
    const server = net.connect(Number(port), toHost);
    const note = toServer => splitter(frame => fs.writeSync(file,
      JSON.stringify({ conn, port: Number(port), toServer, hex: frame.toString('hex') }) + '\n'));
    const up = note(true);
    const down = note(false);
    client.on('data', d => { up(d); server.write(d); });
    server.on('data', d => { down(d); client.write(d); });
    client.on('close', () => server.destroy());
    server.on('close', () => client.destroy());
    client.on('error', () => server.destroy());
    server.on('error', () => client.destroy());
  }).listen(Number(port), '127.0.0.1');
}
process.on('SIGTERM', () => process.exit(0));
