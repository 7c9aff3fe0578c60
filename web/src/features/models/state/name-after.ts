// Names that follow labels, until they are saved: from then on others call what has them by its name. Pure.

/** "Sales, by shop" is `sales_by_shop`. */
export const nameAfter = (label: string): string =>
  label
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_\d]+|_+$/g, '')
    .slice(0, 60);

interface Named {
  name: string;
  label: string;
}

/** The name that goes with another label, for as long as nobody has typed one. */
export const nameWith = (label: string, old: Named, saved: boolean): { name?: string } =>
  !saved && old.name === nameAfter(old.label) ? { name: nameAfter(label) } : {};

/** New ones stand after the others, also while they are called like one of them. */
export const isSavedName = (
  all: readonly { name: string }[],
  place: number,
  saved: readonly { name: string }[],
): boolean => {
  const name = all[place]?.name;
  return (
    all.findIndex((entry) => entry.name === name) === place &&
    saved.some((entry) => entry.name === name)
  );
};
