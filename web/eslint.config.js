// Plain lint rules (no type information, so that it stays quick) and the direction of imports:
// pages compose features, features never import each other, charts and components know no feature.
import { readdirSync } from 'node:fs';
import js from '@eslint/js';
import reactHooks from 'eslint-plugin-react-hooks';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const features = readdirSync(new URL('./src/features', import.meta.url), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

const noHeavyBundles = {
  group: ['@mui/icons-material', '@mui/icons-material/*', '@mui/x-data-grid', 'notistack', 'd3'],
  message: 'Not used here: icons are in theme/icons.tsx, tables in components/data-table.tsx.',
};
const noBareDialogs = {
  group: ['@mui/material/Dialog*', '@mui/material/Modal*'],
  message:
    'Use components/dialog.tsx: it is named, keeps the focus and is heard, which a bare one is not.',
};
const restrict = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns }],
});
const forbid = (...patterns) => restrict(noHeavyBundles, noBareDialogs, ...patterns);
const above = (folders, message) => ({
  group: folders.flatMap((folder) => [`@/${folder}`, `@/${folder}/**`, `**/${folder}/**`]),
  message,
});
const componentsKnow = above(
  ['app', 'features', 'widgets', 'charts'],
  'Components know no feature.',
);

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'test-results', 'playwright-report'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    languageOptions: { globals: globals.browser },
    rules: {
      ...reactHooks.configs.recommended.rules,
      // The React Compiler is not in use, so what it would skip is no error.
      'react-hooks/preserve-manual-memoization': 'off',
      ...forbid(),
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-console': 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  // What the API document says is "any value" is that.
  { files: ['src/api/generated.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  {
    files: ['**/*.{js,mjs}'],
    languageOptions: { globals: { ...globals.node, ...globals.browser } },
  },
  {
    files: ['src/{api,lib,theme,config}/**/*.{ts,tsx}'],
    rules: forbid(
      above(
        ['app', 'features', 'widgets', 'charts', 'components'],
        'The foundation knows nothing above it.',
      ),
    ),
  },
  {
    files: ['src/components/**/*.{ts,tsx}'],
    rules: forbid(componentsKnow),
  },
  { files: ['src/components/dialog.tsx'], rules: restrict(noHeavyBundles, componentsKnow) },
  {
    files: ['src/charts/**/*.{ts,tsx}'],
    rules: forbid(above(['app', 'features', 'widgets'], 'Charts know no feature.')),
  },
  {
    files: ['src/widgets/**/*.{ts,tsx}'],
    rules: forbid(above(['app', 'features'], 'Widget kinds know no feature.')),
  },
  ...features.map((name) => ({
    files: [`src/features/${name}/**/*.{ts,tsx}`],
    rules: forbid(
      above(['app/pages', 'app/router'], 'Pages compose features, not the other way round.'),
      {
        group: features
          .filter((other) => other !== name)
          .flatMap((other) => [`@/features/${other}`, `@/features/${other}/**`, `../${other}/**`]),
        message: 'Features never import each other; let a page compose them.',
      },
    ),
  })),
  // Tests stand outside the layers: they may start the whole app.
  { files: ['src/**/*.test.{ts,tsx}', 'src/testing/**'], rules: forbid() },
);
