// What the contract that is read and the one that is changed have in common.
export const lead =
  'Holds for rows that are loaded from now on; rows that are stored are not looked at. Rules are looked at in their order, unique keys last. A missing value holds to every rule but \u201cnot missing\u201d.';

export const noRules = 'No rules: rows are held to the types of their columns alone.';

export const contractGrid = {
  display: 'grid',
  gap: 5,
  alignItems: 'start',
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', lg: 'minmax(360px, 5fr) minmax(0, 6fr)' },
};
