// What the contract that is read and the one that is changed both say.
export const lead =
  'Holds for rows that are loaded from now on; rows that are stored are not looked at. Rules are looked at in their order, unique keys last. A missing value holds to every rule but \u201cnot missing\u201d.';

export const noRules = 'No rules: rows are held to the types of their columns alone.';
