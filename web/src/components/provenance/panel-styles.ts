// How the small print of the panel looks.
export const muted = { color: 'text.secondary', overflowWrap: 'anywhere' } as const;

export const code = {
  fontFamily: 'ui-monospace, monospace',
  fontSize: '0.75rem',
  overflowWrap: 'anywhere',
} as const;
