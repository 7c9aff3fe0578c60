// Colours of YAML: keys, values that are not text, quoted text and comments. Everything else is plain text.
import { StreamLanguage } from '@codemirror/language';

export const yamlLanguage = StreamLanguage.define({
  name: 'yaml',
  token: (stream) => {
    if (stream.eatSpace()) return null;
    if (stream.match(/^#.*/)) return 'lineComment';
    if (stream.match(/^[\w$]+(?=:(\s|$))/)) return 'propertyName';
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^']|'')*'?/)) return 'string';
    if (stream.match(/^(?:true|false|null|~)(?=\s*(?:$|[,\]}#]))/)) return 'bool';
    if (stream.match(/^-?\d+(?:\.\d+)?(?=\s*(?:$|[,\]}#]))/)) return 'number';
    if (stream.match(/^(?:- |[[\]{},:])/)) return null;
    stream.match(/^[^\s,[\]{}:]+|./);
    return null;
  },
  languageData: { commentTokens: { line: '#' } },
});
