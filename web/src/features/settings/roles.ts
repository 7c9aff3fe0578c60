// Roles in words, and who may hand out which.
import type { Role } from '@/api/types';

export const roleWords: Record<Role, { label: string; may: string }> = {
  viewer: { label: 'Viewer', may: 'Reads dashboards and datasets' },
  editor: { label: 'Editor', may: 'Also uploads data and edits dashboards' },
  admin: { label: 'Admin', may: 'Also manages people and deletes datasets' },
  owner: { label: 'Owner', may: 'Also manages admins' },
};

// Admins manage viewers and editors, owners manage everyone below them.
export function grantableRoles(own: Role): Role[] {
  if (own === 'owner') return ['viewer', 'editor', 'admin'];
  if (own === 'admin') return ['viewer', 'editor'];
  return [];
}
