// What people are offered in lists: everything that is not said to be hidden. What a link, a widget or a question names is found
// and answered all the same. Pure.

interface Offered {
  public?: boolean;
}

export const isOffered = ({ public: offered }: Offered): boolean => offered !== false;

/** `named` are those that are in use already, which stay in their lists. */
export const offered = <T extends Offered & { name: string }>(
  all: readonly T[],
  ...named: readonly string[]
): T[] => all.filter((entry) => isOffered(entry) || named.includes(entry.name));
