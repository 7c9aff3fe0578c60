// The editor in the colours of the theme: variables, so that a change of theme repaints it without a new editor.
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colour = (name: string): string => `var(--tm-palette-${name})`;

const highlight = HighlightStyle.define([
  { tag: tags.keyword, color: colour('primary-main'), fontWeight: '600' },
  { tag: [tags.string, tags.special(tags.string)], color: colour('success-main') },
  { tag: [tags.number, tags.bool, tags.null], color: colour('warning-main') },
  { tag: [tags.lineComment, tags.blockComment], color: colour('text-secondary') },
  { tag: tags.standard(tags.name), color: colour('primary-main') },
  { tag: tags.propertyName, color: colour('primary-main'), fontWeight: '600' },
  { tag: tags.typeName, color: colour('text-secondary'), fontWeight: '600' },
]);

const look = EditorView.theme({
  '&': {
    height: '100%',
    color: colour('text-primary'),
    backgroundColor: colour('background-paper'),
    fontSize: '0.8125rem',
  },
  // The frame around the editor shows where the focus is: what is inside of it would be drawn over.
  '&.cm-focused': { outline: 'none' },
  // Space above the text is around the numbers, too: space inside of the text they are given only once the editor was measured,
  // which it is not while it is out of the window.
  '.cm-scroller': {
    fontFamily: 'ui-monospace, monospace',
    lineHeight: '1.55',
    paddingTop: '8px',
  },
  '.cm-content': { caretColor: colour('text-primary'), padding: '0 0 8px' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: colour('text-primary') },
  '.cm-gutters': {
    backgroundColor: colour('background-paper'),
    color: colour('text-secondary'),
    border: 'none',
    paddingRight: '4px',
  },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, .cm-content ::selection': {
    backgroundColor: `color-mix(in srgb, ${colour('primary-main')} 24%, transparent) !important`,
  },
  '.cm-matchingBracket, &.cm-focused .cm-matchingBracket': {
    backgroundColor: colour('surface-accentSoft'),
    outline: 'none',
  },
  '.cm-wrong': {
    textDecoration: `underline wavy ${colour('error-main')}`,
    textUnderlineOffset: '3px',
    backgroundColor: `color-mix(in srgb, ${colour('error-main')} 12%, transparent)`,
  },
  '.cm-placeholder': { color: colour('text-secondary') },
  '.cm-tooltip': {
    backgroundColor: colour('background-paper'),
    color: colour('text-primary'),
    border: `1px solid ${colour('divider')}`,
    borderRadius: '8px',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': {
    fontFamily: 'ui-monospace, monospace',
    fontSize: '0.75rem',
    maxHeight: '240px',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: colour('surface-accentSoft'),
    color: colour('text-primary'),
  },
  '.cm-completionMatchedText': { textDecoration: 'none', fontWeight: '700' },
  '.cm-completionDetail': { color: colour('text-secondary'), fontStyle: 'normal' },
});

export const appearance = [look, syntaxHighlighting(highlight)];
