// Writes src/api/schema.d.ts from the server's own description of its API, to
// compare with src/api/types.ts. Needs ../docs/openapi.json (GET /openapi.json).
import { existsSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const from = new URL('../../docs/openapi.json', import.meta.url);
const to = new URL('../src/api/schema.d.ts', import.meta.url);

if (!existsSync(from)) {
  console.log('no docs/openapi.json: nothing to do');
} else {
  writeFileSync(to, astToString(await openapiTS(from)));
  console.log('wrote src/api/schema.d.ts');
}
