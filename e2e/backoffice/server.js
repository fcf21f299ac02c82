'use strict';
// Starts the back office and says where on standard output: "ready http://127.0.0.1:PORT". Ends when standard input
// closes, so that it never outlives the test that started it.

const { bootstrap } = require('@vendure/core');
const { config } = require('./config.js');

async function main() {
  const { BACKOFFICE_DB: db, BACKOFFICE_PASSWORD: password, BACKOFFICE_PORT: port } = process.env;
  if (!db || !password) throw new Error('BACKOFFICE_DB and BACKOFFICE_PASSWORD must be set');
  const app = await bootstrap(config({ db, password, port: Number(port || 0) }));
  console.log(`ready http://127.0.0.1:${app.getHttpServer().address().port}`);
  const stop = () => app.close().finally(() => process.exit(0));
  process.stdin.on('end', stop).on('error', stop).resume();
  process.on('SIGTERM', stop);
}

main().catch((err) => { console.error(err); process.exit(1); });
