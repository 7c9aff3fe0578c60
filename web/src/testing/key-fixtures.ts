// Two API keys: one in use, one that has expired.
import type { ApiKey } from '@/api/types';

export const apiKeys = (): ApiKey[] => [
  {
    id: 'k2',
    name: 'Nightly export',
    prefix: 'tmk_3fa9c07be215',
    role: 'viewer',
    attributes: { country: ['SE', 'NO'] },
    budget: { rows: 1_000_000, bytes: 50_000_000 },
    version: 4,
    created_by: 'Ada Lind',
    created_by_id: 'u1',
    created_at: '2026-11-20T08:00:00Z',
    expires_at: null,
    last_used_at: '2026-11-22T18:42:00Z',
  },
  {
    id: 'k1',
    name: 'Old wall',
    prefix: 'tmk_9b1d2e3f4a5c',
    role: 'editor',
    attributes: {},
    budget: {},
    version: 1,
    created_by: 'Bo Sandberg',
    created_by_id: 'u2',
    created_at: '2025-11-20T08:00:00Z',
    expires_at: '2026-01-01T00:00:00Z',
    last_used_at: null,
  },
];
