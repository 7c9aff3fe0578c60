// Writes src/api/generated.ts: the types of docs/openapi.json, and nothing else of it. The endpoints
// stay by hand, because caching, queueing and refreshing are more than the document can say.
// `--check` writes nothing and fails when the file is stale.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { generateEndpoints } from '@rtk-query/codegen-openapi';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

const documentPath = fileURLToPath(new URL('../../docs/openapi.json', import.meta.url));
const typesPath = fileURLToPath(new URL('../src/api/generated.ts', import.meta.url));

const header = `// Generated from docs/openapi.json by \`npm run generate-api-types\`; do not edit. The names that the
// application uses are in types.ts.
`;

// The generator makes endpoints and the types of their arguments too; only the schemas are wanted.
function keepSchemas(source, names) {
  const file = ts.createSourceFile('generated.ts', source, ts.ScriptTarget.Latest);
  return file.statements
    .filter((statement) => ts.isTypeAliasDeclaration(statement) && names.has(statement.name.text))
    .sort((a, b) => (a.name.text < b.name.text ? -1 : 1))
    .map((statement) => statement.getFullText(file).trim())
    .join('\n\n');
}

async function generate() {
  const document = JSON.parse(await readFile(documentPath, 'utf8'));
  const names = new Set(Object.keys(document.components.schemas));
  const source = await generateEndpoints({
    schemaFile: documentPath,
    apiFile: './base-api',
  });
  const types = keepSchemas(source, names);
  const style = await resolveConfig(typesPath);
  return format(`${header}\n${types}\n`, { ...style, parser: 'typescript' });
}

const fresh = await generate();
if (process.argv.includes('--check')) {
  const stored = await readFile(typesPath, 'utf8').catch(() => '');
  if (stored !== fresh) {
    process.stderr.write(
      'src/api/generated.ts is not what docs/openapi.json says: run `npm run generate-api-types`.\n',
    );
    process.exit(1);
  }
} else {
  await writeFile(typesPath, fresh);
}
