// Colour follows the value: once a dimension value has a place in the palette it keeps it in every
// card of the dashboard, after sorting, filtering and reloading, in both themes.

export const PALETTE_SLOTS = 8;
export const NEUTRAL_SLOT = -1;

export type ColorAssignments = Record<string, Record<string, number>>;

/** Small stable hash (FNV-1a), used only to spread values that meet after the palette is full. */
export function spread(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash ^= text.charCodeAt(index);
    hash = Math.imul(hash, 0x01000193);
  }
  return hash >>> 0;
}

/**
 * Gives every new value of a member a slot. Values that arrive together are taken in sorted order,
 * so two readers that see the same first answer see the same colours. The first eight get slots of
 * their own; later ones share by hash.
 */
export function assignSlots(
  known: ColorAssignments,
  member: string,
  values: readonly string[],
): ColorAssignments {
  const current = known[member] ?? {};
  const fresh = [...new Set(values)].filter((value) => !(value in current)).sort();
  if (fresh.length === 0) return known;
  const next = { ...current };
  const taken = new Set(Object.values(next));
  for (const value of fresh) {
    let slot = 0;
    while (slot < PALETTE_SLOTS && taken.has(slot)) slot += 1;
    if (slot >= PALETTE_SLOTS) slot = spread(value) % PALETTE_SLOTS;
    next[value] = slot;
    taken.add(slot);
  }
  return { ...known, [member]: next };
}

/**
 * Slots for the series of one chart. Normally the assigned ones; when two of them collide (shared
 * slots) the later series moves to the next free one, so that neighbours never look alike.
 */
export function slotsFor(
  known: ColorAssignments,
  member: string,
  values: readonly string[],
): number[] {
  const assigned = known[member] ?? {};
  const used = new Set<number>();
  return values.map((value) => {
    let slot = assigned[value] ?? spread(value) % PALETTE_SLOTS;
    for (let tries = 0; used.has(slot) && tries < PALETTE_SLOTS; tries += 1) {
      slot = (slot + 1) % PALETTE_SLOTS;
    }
    used.add(slot);
    return slot;
  });
}
