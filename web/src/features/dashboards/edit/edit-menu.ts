// What can be done with a card in edit mode, from its menu.
import type { CardMenuItem } from '../card/card-menu';

export type EditAction = 'configure' | 'place' | 'duplicate' | 'delete';

export const editMenu = (
  id: string,
  run: (id: string, action: EditAction) => void,
): CardMenuItem[] => [
  { label: 'Configure', icon: 'edit', run: () => run(id, 'configure'), divided: true },
  { label: 'Move or size…', icon: 'expand', run: () => run(id, 'place') },
  { label: 'Duplicate', icon: 'copy', run: () => run(id, 'duplicate') },
  { label: 'Delete', icon: 'trash', run: () => run(id, 'delete') },
];
