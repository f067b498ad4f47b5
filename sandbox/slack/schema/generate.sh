#!/bin/sh
# Writes blockkit.json beside this script: the JSON schema of the types KnownBlock and View that Slack publishes in the
# npm package @slack/types. Needed once per version of that package; nothing at run time needs node.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
npm init --yes >/dev/null
npm install --no-audit --no-fund --save-exact @slack/types@3.2.0 ts-json-schema-generator@2.4.0
cat >types.ts <<'TYPES'
import type { KnownBlock, View } from '@slack/types';
export interface Surfaces { block: KnownBlock; view: View }
TYPES
cat >tsconfig.json <<'CONFIG'
{ "compilerOptions": { "moduleResolution": "node", "module": "commonjs", "strict": true, "skipLibCheck": true } }
CONFIG
cat >strip.js <<'STRIP'
const strip = (value) => {
  if (value && typeof value === 'object') {
    if (typeof value.description === 'string') delete value.description;
    Object.values(value).forEach(strip);
  }
  return value;
};
const schema = strip(JSON.parse(require('fs').readFileSync(0, 'utf8')));
process.stdout.write(JSON.stringify(schema, null, 1) + '\n');
STRIP
npx ts-json-schema-generator --path types.ts --tsconfig tsconfig.json --type Surfaces --no-type-check >schema.json
node strip.js <schema.json >"$here/blockkit.json"
