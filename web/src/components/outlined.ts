// The looks of what stands on the page as a sheet of its own: cards, lists, tables.

export const outlined = {
  border: 1,
  borderColor: 'divider',
  borderRadius: 1,
  bgcolor: 'background.paper',
  overflow: 'hidden',
};
