// How lists of steps and rules are laid out, those that are read and those that are typed.

/** The list, and beside it what it does. */
export const sideBySide = {
  display: 'grid',
  gap: 5,
  alignItems: 'start',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(360px, 5fr) minmax(0, 6fr)' },
};

export const plainList = { listStyle: 'none', m: 0, p: 0 };

/** What holds the fields of a draft. */
export const plainFieldset = { border: 0, m: 0, p: 0, minWidth: 0 };

export const belowList = {
  display: 'grid',
  gap: 4,
  p: 4,
  borderTop: 1,
  borderColor: 'divider',
  gridTemplateColumns: 'minmax(0, 1fr)',
};
